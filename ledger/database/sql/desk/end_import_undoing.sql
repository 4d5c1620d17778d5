UPDATE import_run
SET state = 'undone', undone_at = CAST(:now AS timestamptz)
WHERE community_id = CAST(:community_id AS integer) AND import_id = CAST(:import_id AS uuid)
