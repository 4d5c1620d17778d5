SELECT work_id, from_on, until_on, by_email
FROM statement_run
WHERE community_id = CAST(:community_id AS integer) AND work_id = ANY(CAST(:work_ids AS uuid[]))
