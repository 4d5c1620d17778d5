-- Every closed period, in order.
SELECT CAST(through_on AS text) AS through_on, CAST(closed_at AS text) AS closed_at, CAST(closed_by AS text) AS closed_by
FROM closed_period
WHERE community_id = CAST(:community_id AS integer)
ORDER BY through_on
