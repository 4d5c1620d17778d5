-- Written last: a file without its row was interrupted, and importing it again completes it.
INSERT INTO import_file (community_id, file_hash, source, transfer_count, finished_at)
VALUES (CAST(:community_id AS integer), CAST(:file_hash AS bytea), CAST(:source AS text),
    CAST(:transfer_count AS integer), CAST(:finished_at AS timestamptz))
ON CONFLICT (community_id, file_hash) DO NOTHING
