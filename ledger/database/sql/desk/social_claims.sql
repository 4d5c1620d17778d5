-- The claims of a range of days counted in all the ways a report needs, in one pass over what was logged since: `way` says
-- by what. Only those that stand paid count by who gave what, by who received, and by month; all of them by their answer
-- and who gave it. The one row of the waits is about those that somebody confirmed after they were logged: the longest wait
-- among the fastest 50 and 90 in a hundred.
-- What was logged is read as it lies in the table; its answers are looked up in the order in which they lie in theirs.
WITH c AS MATERIALIZED (
    SELECT l.provider_id, l.receiver_id, l.activity,
        CAST(date_trunc('month', CAST(l.service_on AS timestamp)) AS date) AS month, k.seconds, k.paid, k.answer,
        k.answered_via,
        CASE WHEN k.answer = 'posted' AND k.answered_via <> 'silence' AND k.answered_at > l.logged_at
            THEN CAST(extract(epoch FROM k.answered_at - l.logged_at) AS bigint) END AS waited_seconds
    FROM (
        SELECT claim_id, provider_id, receiver_id, activity, service_on, logged_at, recorded_seconds, event_count
        FROM (
            SELECT claim_id, provider_id, receiver_id, activity, service_on, logged_at, recorded_seconds, event_count
            FROM claim
            WHERE community_id = CAST(:community_id AS integer) AND logged_at >= CAST(:logged_from AS timestamptz)
                AND logged_at < CAST(:as_of AS timestamptz)
            ORDER BY logged_at
            OFFSET 0
        ) s
        WHERE service_on >= CAST(:from_on AS date) AND service_on <= CAST(:until_on AS date)
        ORDER BY claim_id
        OFFSET 0
    ) l
    CROSS JOIN LATERAL claim_as_of(
        CAST(:community_id AS integer), l.claim_id, l.event_count, l.recorded_seconds, CAST(:as_of AS timestamptz)
    ) k
)
SELECT 'given' AS way, provider_id AS member_id, activity, CAST(NULL AS date) AS month, CAST(NULL AS text) AS answer,
    CAST(NULL AS text) AS answered_via, count(*) AS claims, CAST(sum(seconds) AS bigint) AS seconds,
    CAST(NULL AS bigint) AS median_seconds, CAST(NULL AS bigint) AS ninety_seconds
FROM c WHERE paid GROUP BY provider_id, activity
UNION ALL
SELECT 'received', receiver_id, NULL, NULL, NULL, NULL, count(*), CAST(sum(seconds) AS bigint), NULL, NULL
FROM c WHERE paid GROUP BY receiver_id
UNION ALL
SELECT 'month', NULL, NULL, month, NULL, NULL, count(*), CAST(sum(seconds) AS bigint), NULL, NULL
FROM c WHERE paid GROUP BY month
UNION ALL
SELECT 'answer', NULL, NULL, NULL, answer, answered_via, count(*), CAST(sum(seconds) AS bigint), NULL, NULL
FROM c GROUP BY answer, answered_via
UNION ALL
SELECT 'waits', NULL, NULL, NULL, NULL, NULL, count(*), NULL,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY waited_seconds),
    percentile_disc(0.9) WITHIN GROUP (ORDER BY waited_seconds)
FROM c WHERE waited_seconds IS NOT NULL
