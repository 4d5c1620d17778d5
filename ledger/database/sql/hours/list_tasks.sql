-- A page of what waits for a co-ordinator, the oldest first.
SELECT task_id, kind, member_id, account_id, balance, made_at
FROM task
WHERE community_id = CAST(:community_id AS integer) AND done_at IS NULL
    AND (CAST(:after_id AS uuid) IS NULL
        OR (made_at, task_id) > (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
ORDER BY made_at, task_id
LIMIT CAST(:at_most AS integer)
