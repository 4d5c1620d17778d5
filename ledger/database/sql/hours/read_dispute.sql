SELECT dispute_id, claim_id, opened_by, opened_side, claim_state, outcome
FROM dispute
WHERE community_id = CAST(:community_id AS integer) AND dispute_id = CAST(:dispute_id AS uuid)
