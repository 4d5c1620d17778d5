UPDATE import_run
SET state = 'checking', what = CAST(:what AS text), work_id = CAST(:work_id AS uuid),
    started_by = CAST(:started_by AS uuid)
WHERE community_id = CAST(:community_id AS integer) AND import_id = CAST(:import_id AS uuid)
