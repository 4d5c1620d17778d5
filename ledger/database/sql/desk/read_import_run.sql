SELECT r.import_id, r.system, r.what, r.file_name, r.file_hash, r.state, r.work_id, r.started_by, r.started_at,
    r.posted_by, r.alone, r.posted_at, r.transfer_count, r.moved_seconds, r.undone_by, r.undone_at, r.reversed_count,
    r.totals, u.options, u.report, u.reason, u.content IS NOT NULL AS has_content
FROM import_run r
LEFT JOIN import_upload u ON u.community_id = r.community_id AND u.import_id = r.import_id
WHERE r.community_id = CAST(:community_id AS integer) AND r.import_id = CAST(:import_id AS uuid)
