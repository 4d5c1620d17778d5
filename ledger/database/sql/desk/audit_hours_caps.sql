-- Days, weeks or lives in which somebody was credited more than every version of the policy they were paid by allows.
-- A version without such a cap bounds nothing.
SELECT c.provider_id, CAST(c.begins AS text) AS begins, c.seconds, c.cap
FROM (
    SELECT c.provider_id,
        CASE CAST(:period AS text)
            WHEN 'daily' THEN c.service_on
            WHEN 'weekly' THEN CAST(date_trunc('week', c.service_on) AS date)
        END AS begins,
        sum(c.credited_seconds) AS seconds, max(p.cap) AS cap, count(*) - count(p.cap) AS unbounded
    FROM claim c
    LEFT JOIN unnest(CAST(:versions AS integer[]), CAST(:caps AS bigint[])) AS p (version, cap)
        ON p.version = c.policy_version
    WHERE c.community_id = CAST(:community_id AS integer) AND c.credited_seconds > 0
    GROUP BY 1, 2
) c
WHERE c.unbounded = 0 AND c.seconds > c.cap
ORDER BY 1, 2
LIMIT CAST(:most AS bigint)
