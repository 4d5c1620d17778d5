-- A member's relatives, whichever of the two it was recorded for; `relation` is what relative_id is to member_id.
SELECT member_id, relative_id, relation
FROM relative
WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid)
UNION ALL
SELECT member_id, relative_id, relation
FROM relative
WHERE community_id = CAST(:community_id AS integer) AND relative_id = CAST(:member_id AS uuid)
ORDER BY relation, member_id, relative_id
