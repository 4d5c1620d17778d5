SELECT r.import_id, r.state, r.work_id, r.tries, r.begun_at, r.posted_by, r.undone_by,
    u.content IS NOT NULL AS has_content, u.reason
FROM import_run r
LEFT JOIN import_upload u ON u.community_id = r.community_id AND u.import_id = r.import_id
WHERE r.community_id = CAST(:community_id AS integer) AND r.state IN ('posting', 'undoing')
