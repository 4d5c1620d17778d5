SELECT content, options
FROM import_upload
WHERE community_id = CAST(:community_id AS integer) AND import_id = CAST(:import_id AS uuid)
