UPDATE import_run
SET state = 'undone', undone_at = CAST(:now AS timestamptz), reversed_count = CAST(:reversed_count AS bigint)
WHERE community_id = CAST(:community_id AS integer) AND import_id = CAST(:import_id AS uuid)
