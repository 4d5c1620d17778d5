UPDATE import_run
SET state = 'posted', posted_at = CAST(:now AS timestamptz), transfer_count = CAST(:transfer_count AS bigint),
    moved_seconds = CAST(:moved_seconds AS bigint)
WHERE community_id = CAST(:community_id AS integer) AND import_id = CAST(:import_id AS uuid)
