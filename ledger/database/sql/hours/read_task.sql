SELECT task_id, kind, member_id, account_id, balance, made_at, done_at
FROM task
WHERE community_id = CAST(:community_id AS integer) AND task_id = CAST(:task_id AS uuid)
