-- The paid claims of a range of days by week (its Monday) and activity, in one pass over what was logged since: care is
-- never logged before its day. A length that a dispute corrected counts instead of the one recorded.
SELECT c.service_on - CAST(extract(isodow FROM c.service_on) AS integer) + 1 AS monday, c.activity,
    count(*) AS claims,
    CAST(sum(coalesce(d.corrected_seconds, c.recorded_seconds)) AS bigint) AS recorded_seconds,
    CAST(sum(c.credited_seconds) AS bigint) AS credited_seconds,
    CAST(sum(c.paid_seconds) AS bigint) AS paid_seconds
FROM claim c
LEFT JOIN LATERAL (
    SELECT corrected_seconds
    FROM dispute
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = c.claim_id AND outcome = 'corrected'
        -- What was only logged and posted was never disputed, and need not be looked for.
        AND c.event_count > 2
    ORDER BY event_number DESC
    LIMIT 1
) d ON true
WHERE c.community_id = CAST(:community_id AS integer)
    -- Compared as a row, and the day subtracted, they leave the planner no choice but the index in whose order
    -- claims lie in the table.
    AND (c.logged_at, c.claim_id)
        >= (CAST(:logged_from AS timestamptz), CAST('00000000-0000-0000-0000-000000000000' AS uuid))
    AND c.service_on - CAST(:from_on AS date) BETWEEN 0 AND CAST(:until_on AS date) - CAST(:from_on AS date)
    AND (c.state = 'posted' OR c.state = 'disputed' AND c.posting_count > 0)
GROUP BY monday, c.activity
ORDER BY monday, c.activity
