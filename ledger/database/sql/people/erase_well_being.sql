DELETE FROM well_being WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid)
