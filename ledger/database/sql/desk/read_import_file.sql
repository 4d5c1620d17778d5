SELECT finished_at, transfer_count
FROM import_file
WHERE community_id = CAST(:community_id AS integer) AND file_hash = CAST(:file_hash AS bytea)
