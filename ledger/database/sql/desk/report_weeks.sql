-- The paid claims of a range of days by week (its Monday) and activity, in one pass over what was logged since: care is
-- never logged before its day. A length that a dispute corrected counts instead of the one recorded.
-- Asked for as they were logged and filtered then, claims are read in the order in which they lie in the table.
SELECT c.service_on - CAST(extract(isodow FROM c.service_on) AS integer) + 1 AS monday, c.activity,
    count(*) AS claims,
    CAST(sum(coalesce(d.corrected_seconds, c.recorded_seconds)) AS bigint) AS recorded_seconds,
    CAST(sum(c.credited_seconds) AS bigint) AS credited_seconds,
    CAST(sum(c.paid_seconds) AS bigint) AS paid_seconds
FROM (
    SELECT claim_id, activity, service_on, recorded_seconds, credited_seconds, paid_seconds, event_count,
        posting_count, state
    FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND logged_at >= CAST(:logged_from AS timestamptz)
    ORDER BY logged_at
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
WHERE c.service_on >= CAST(:from_on AS date) AND c.service_on <= CAST(:until_on AS date)
    AND (c.state = 'posted' OR c.state = 'disputed' AND c.posting_count > 0)
GROUP BY monday, c.activity
ORDER BY monday, c.activity
