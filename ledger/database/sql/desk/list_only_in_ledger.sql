-- A page of the claims of a round's days that no line of it stands for, nor a decided one of another round, by day.
-- Compared as a row, the member leaves the planner no choice but their index of claims.
SELECT c.claim_id, c.provider_id, c.receiver_id, c.activity, c.service_on, c.recorded_seconds, c.state
FROM member m
CROSS JOIN LATERAL (
    SELECT claim_id, provider_id, receiver_id, activity, service_on, recorded_seconds, state
    FROM claim
    WHERE community_id = CAST(:community_id AS integer)
        AND (provider_id, service_on) >= (m.member_id, CAST(:from_on AS date))
        AND (provider_id, service_on) <= (m.member_id, CAST(:until_on AS date))
        AND state IN ('submitted', 'posted', 'disputed')
        AND (CAST(:after_on AS date) IS NULL
            OR (service_on, claim_id) > (CAST(:after_on AS date), CAST(:after_id AS uuid)))
    OFFSET 0
) c
WHERE m.community_id = CAST(:community_id AS integer)
    AND NOT EXISTS (
        SELECT FROM paper_match p
        WHERE p.community_id = CAST(:community_id AS integer) AND p.record_id = c.claim_id AND NOT p.near
            AND (p.round_id = CAST(:round_id AS uuid) OR EXISTS (
                SELECT FROM paper_line
                WHERE community_id = CAST(:community_id AS integer) AND round_id = p.round_id
                    AND line_number = p.line_number AND state <> 'undecided'
                OFFSET 0))
        OFFSET 0)
ORDER BY c.service_on, c.claim_id
LIMIT CAST(:at_most AS integer)
