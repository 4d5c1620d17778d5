-- The claims of a range of days counted in all the ways a report needs, in one pass over what was logged since: `way` says
-- by what. Only those that stand paid count by activity, month, provider, receiver and (for the activities that are asked
-- for) by who gave what; all of them by their answer and who gave it. The one row of the waits is about those that somebody
-- confirmed after they were logged: within how many seconds half of them were, and nine tenths.
WITH c AS MATERIALIZED (
    SELECT provider_id, receiver_id, activity, service_on, logged_at, seconds, paid, answer, answered_via, answered_at
    FROM claims_as_of(
        CAST(:community_id AS integer), CAST(:logged_from AS timestamptz), CAST(:as_of AS timestamptz)
    )
    WHERE service_on >= CAST(:from_on AS date) AND service_on <= CAST(:until_on AS date)
)
SELECT 'activity' AS way, activity, CAST(NULL AS date) AS month, CAST(NULL AS text) AS answer,
    CAST(NULL AS text) AS answered_via, CAST(NULL AS uuid) AS member_id, count(*) AS claims,
    CAST(sum(seconds) AS bigint) AS seconds, CAST(NULL AS bigint) AS median_seconds,
    CAST(NULL AS bigint) AS ninety_seconds
FROM c WHERE paid GROUP BY activity
UNION ALL
SELECT 'month', NULL, service_on - CAST(extract(day FROM service_on) AS integer) + 1, NULL, NULL, NULL, count(*),
    CAST(sum(seconds) AS bigint), NULL, NULL
FROM c WHERE paid GROUP BY 3
UNION ALL
SELECT 'answer', NULL, NULL, answer, answered_via, NULL, count(*), CAST(sum(seconds) AS bigint), NULL, NULL
FROM c GROUP BY answer, answered_via
UNION ALL
SELECT 'provider', NULL, NULL, NULL, NULL, provider_id, count(*), CAST(sum(seconds) AS bigint), NULL, NULL
FROM c WHERE paid GROUP BY provider_id
UNION ALL
SELECT 'receiver', NULL, NULL, NULL, NULL, receiver_id, count(*), CAST(sum(seconds) AS bigint), NULL, NULL
FROM c WHERE paid GROUP BY receiver_id
UNION ALL
SELECT 'gave', activity, NULL, NULL, NULL, provider_id, count(*), CAST(sum(seconds) AS bigint), NULL, NULL
FROM c WHERE paid AND activity = ANY(CAST(:activities AS text[])) GROUP BY activity, provider_id
UNION ALL
SELECT 'waits', NULL, NULL, NULL, NULL, NULL, count(*), NULL,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY CAST(extract(epoch FROM answered_at - logged_at) AS bigint)),
    percentile_disc(0.9) WITHIN GROUP (ORDER BY CAST(extract(epoch FROM answered_at - logged_at) AS bigint))
FROM c WHERE answer = 'posted' AND answered_via <> 'silence' AND answered_at > logged_at
