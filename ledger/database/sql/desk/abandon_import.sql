UPDATE import_run
SET state = 'abandoned'
WHERE community_id = CAST(:community_id AS integer) AND import_id = CAST(:import_id AS uuid)
