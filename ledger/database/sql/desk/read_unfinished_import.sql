SELECT import_id
FROM import_run
WHERE community_id = CAST(:community_id AS integer) AND state IN ('posting', 'undoing')
