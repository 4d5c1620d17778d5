UPDATE claim_overlap
SET seen_at = CAST(:now AS timestamptz), seen_by = CAST(:seen_by AS uuid)
WHERE community_id = CAST(:community_id AS integer) AND claim_id = CAST(:claim_id AS uuid) AND seen_at IS NULL
