SELECT logged_at
FROM claim
WHERE community_id = CAST(:community_id AS integer) AND claim_id = CAST(:claim_id AS uuid)
