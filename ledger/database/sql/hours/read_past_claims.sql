-- The claims of a span of days that wait, were posted or are disputed, in the order in which they were logged.
SELECT c.claim_id, c.provider_id, c.activity, c.service_on, c.recorded_seconds, c.policy_version, c.state,
    c.credited_seconds
FROM member m
CROSS JOIN LATERAL (
    SELECT *
    FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND provider_id = m.member_id
        AND service_on BETWEEN CAST(:from_on AS date) AND CAST(:until_on AS date)
        AND state IN ('submitted', 'posted', 'disputed')
    OFFSET 0
) c
WHERE m.community_id = CAST(:community_id AS integer)
ORDER BY c.logged_at, c.claim_id
