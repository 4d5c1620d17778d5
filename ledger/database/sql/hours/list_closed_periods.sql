-- A page of the closed periods, the newest first.
SELECT through_on, closed_at, closed_by
FROM closed_period
WHERE community_id = CAST(:community_id AS integer)
    AND (CAST(:before AS date) IS NULL OR through_on < CAST(:before AS date))
ORDER BY through_on DESC
LIMIT CAST(:at_most AS integer)
