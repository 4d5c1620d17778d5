-- Files that wait.
SELECT count(*) AS waiting
FROM import_run
WHERE community_id = CAST(:community_id AS integer) AND state IN ('checking', 'waiting', 'refused')
