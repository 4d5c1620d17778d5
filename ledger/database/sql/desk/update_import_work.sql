UPDATE import_run
SET work_id = CAST(:work_id AS uuid)
WHERE community_id = CAST(:community_id AS integer) AND import_id = CAST(:import_id AS uuid)
