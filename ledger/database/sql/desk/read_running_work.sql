-- The piece of work of this kind that has not ended.
SELECT work_id
FROM work
WHERE community_id = CAST(:community_id AS integer) AND kind = CAST(:kind AS text) AND finished_at IS NULL
