UPDATE import_upload
SET options = CAST(:options AS text), report = CAST(:report AS text)
WHERE community_id = CAST(:community_id AS integer) AND import_id = CAST(:import_id AS uuid)
