-- Goes on with what was interrupted: 0 tries when somebody does it, one more when a service does it by itself.
UPDATE import_run
SET work_id = CAST(:work_id AS uuid), tries = CAST(:tries AS smallint),
    begun_at = CASE WHEN CAST(:tries AS smallint) = 0 THEN CAST(:now AS timestamptz) ELSE begun_at END
WHERE community_id = CAST(:community_id AS integer) AND import_id = CAST(:import_id AS uuid)
