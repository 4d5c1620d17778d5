-- How these members are called, where they were not erased.
SELECT member_id, name
FROM person
WHERE community_id = CAST(:community_id AS integer) AND member_id = ANY(CAST(:member_ids AS uuid[]))
