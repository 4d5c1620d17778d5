-- The imports of one file at the shell, those that were undone too.
SELECT import_id, state
FROM import_run
WHERE community_id = CAST(:community_id AS integer) AND file_hash = CAST(:file_hash AS bytea)
    AND what = CAST(:what AS text)
ORDER BY started_at, import_id
