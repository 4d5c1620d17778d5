UPDATE import_upload
SET content = NULL, report = NULL, reason = CAST(:reason AS text)
WHERE community_id = CAST(:community_id AS integer) AND import_id = CAST(:import_id AS uuid)
