SELECT member_id, seconds
FROM earned_total
WHERE community_id = CAST(:community_id AS integer) AND member_id = ANY(CAST(:member_ids AS uuid[]))
