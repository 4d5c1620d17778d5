INSERT INTO import_upload (community_id, import_id, content, options, report, reason)
VALUES (CAST(:community_id AS integer), CAST(:import_id AS uuid), CAST(:content AS bytea), CAST(:options AS text),
    NULL, CAST(:reason AS text))
ON CONFLICT (community_id, import_id) DO NOTHING
