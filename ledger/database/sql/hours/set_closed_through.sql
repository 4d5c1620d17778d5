UPDATE log_head
SET closed_through = CAST(:through_on AS date)
WHERE community_id = CAST(:community_id AS integer)
