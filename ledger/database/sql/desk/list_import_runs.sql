-- The newest first, from behind `after_id` on.
SELECT r.import_id, r.system, r.what, r.file_name, r.file_hash, r.state, r.work_id, r.started_by, r.started_at,
    r.posted_by, r.alone, r.posted_at, r.transfer_count, r.moved_seconds, r.undone_by, r.undone_at, r.reversed_count,
    r.totals,
    CAST(NULL AS text) AS options, CAST(NULL AS text) AS report, CAST(NULL AS text) AS reason, false AS has_content
FROM import_run r
WHERE r.community_id = CAST(:community_id AS integer)
    AND (CAST(:after_id AS uuid) IS NULL OR (r.started_at, r.import_id) < (
        SELECT a.started_at, a.import_id
        FROM import_run a
        WHERE a.community_id = CAST(:community_id AS integer) AND a.import_id = CAST(:after_id AS uuid)
    ))
ORDER BY r.started_at DESC, r.import_id DESC
LIMIT CAST(:at_most AS bigint)
