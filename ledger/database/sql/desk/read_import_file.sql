-- When the file was last taken over for this, if it was not undone since. One that has no import is older than they are.
SELECT finished_at
FROM (
    SELECT r.posted_at AS finished_at
    FROM import_run r
    WHERE r.community_id = CAST(:community_id AS integer) AND r.file_hash = CAST(:file_hash AS bytea)
        AND r.state = 'posted' AND r.what = CAST(:what AS text)
    UNION ALL
    SELECT f.finished_at
    FROM import_file f
    WHERE f.community_id = CAST(:community_id AS integer) AND f.file_hash = CAST(:file_hash AS bytea)
        AND NOT EXISTS (
            SELECT FROM import_run r
            WHERE r.community_id = f.community_id AND r.file_hash = f.file_hash
        )
) finished
ORDER BY finished_at DESC
LIMIT 1
