SELECT other_id
FROM claim_overlap
WHERE community_id = CAST(:community_id AS integer) AND claim_id = CAST(:claim_id AS uuid) AND seen_at IS NULL
