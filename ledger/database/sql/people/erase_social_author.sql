UPDATE social_text SET written_by = NULL
WHERE community_id = CAST(:community_id AS integer) AND written_by = CAST(:member_id AS uuid)
