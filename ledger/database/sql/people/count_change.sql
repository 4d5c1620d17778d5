UPDATE member
SET change_count = CAST(:change_count AS integer)
WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid)
