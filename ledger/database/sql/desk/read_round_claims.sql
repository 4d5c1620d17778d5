-- The claims of a span of days that say that somebody was somewhere, with the length a dispute found instead.
-- Compared as a row, the member leaves the planner no choice but their index of claims.
SELECT c.claim_id, c.provider_id, c.receiver_id, c.service_on, coalesce(d.corrected_seconds, c.recorded_seconds) AS seconds
FROM member m
CROSS JOIN LATERAL (
    SELECT claim_id, provider_id, receiver_id, service_on, recorded_seconds, event_count
    FROM claim
    WHERE community_id = CAST(:community_id AS integer)
        AND (provider_id, service_on) >= (m.member_id, CAST(:from_on AS date))
        AND (provider_id, service_on) <= (m.member_id, CAST(:until_on AS date))
        AND state IN ('submitted', 'posted', 'declined', 'disputed')
    OFFSET 0
) c
LEFT JOIN LATERAL (
    SELECT corrected_seconds
    FROM dispute
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = c.claim_id AND outcome = 'corrected'
        -- What was only logged and posted was never disputed, and need not be looked for.
        AND c.event_count > 2
    ORDER BY event_number DESC
    LIMIT 1
) d ON true
WHERE m.community_id = CAST(:community_id AS integer)
