SELECT claim_id
FROM claim_event
WHERE community_id = CAST(:community_id AS integer) AND transfer_id = CAST(:transfer_id AS uuid)
