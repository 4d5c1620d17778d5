-- Members whose name looks like this one.
SELECT member_id
FROM person
WHERE community_id = CAST(:community_id AS integer) AND skeleton = CAST(:skeleton AS text)
    AND member_id <> CAST(:besides AS uuid)
