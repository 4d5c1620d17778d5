-- Who is whose relative.
SELECT CAST(member_id AS text) AS member_id, CAST(relative_id AS text) AS relative_id, relation
FROM relative
WHERE community_id = CAST(:community_id AS integer)
