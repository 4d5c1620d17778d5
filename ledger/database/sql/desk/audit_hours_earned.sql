-- Members whose total is not the sum of what their claims were credited.
SELECT coalesce(c.provider_id, t.member_id) AS member_id, coalesce(c.seconds, 0) AS due, t.seconds
FROM (
    SELECT provider_id, sum(credited_seconds) AS seconds
    FROM claim
    WHERE community_id = CAST(:community_id AS integer)
    GROUP BY provider_id
) c
FULL JOIN (
    SELECT member_id, seconds
    FROM earned_total
    WHERE community_id = CAST(:community_id AS integer)
) t ON t.member_id = c.provider_id
WHERE coalesce(c.seconds, 0) <> coalesce(t.seconds, 0) OR (c.provider_id IS NULL AND t.seconds IS NULL)
ORDER BY 1
LIMIT CAST(:most AS bigint)
