UPDATE import_run
SET state = CAST(:state AS text)
WHERE community_id = CAST(:community_id AS integer) AND import_id = CAST(:import_id AS uuid)
    AND state = CAST(:from_state AS text)
