UPDATE log_head
SET policy_version = CAST(:version AS integer)
WHERE community_id = CAST(:community_id AS integer)
