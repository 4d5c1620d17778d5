-- Says how far it is, and that somebody is still at it; no row when it was taken for interrupted meanwhile.
UPDATE work
SET seen_at = now(), done = CAST(:done AS bigint), total = CAST(:total AS bigint)
WHERE community_id = CAST(:community_id AS integer) AND work_id = CAST(:work_id AS uuid) AND finished_at IS NULL
RETURNING work_id
