-- What was wholly posted is posted again, when its undoing has reversed nothing.
UPDATE import_run
SET state = 'posted', undone_by = NULL
WHERE community_id = CAST(:community_id AS integer) AND import_id = CAST(:import_id AS uuid) AND state = 'undoing'
    AND posted_at IS NOT NULL
RETURNING import_id
