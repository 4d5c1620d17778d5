UPDATE task
SET done_at = CAST(:now AS timestamptz), done_by = CAST(:done_by AS uuid)
WHERE community_id = CAST(:community_id AS integer) AND task_id = CAST(:task_id AS uuid)
