-- What kind of work has this id, whichever it is.
SELECT kind
FROM work
WHERE community_id = CAST(:community_id AS integer) AND work_id = CAST(:work_id AS uuid)
