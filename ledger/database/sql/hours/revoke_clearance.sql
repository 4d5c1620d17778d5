UPDATE clearance
SET revoked_at = CAST(:now AS timestamptz), revoked_by = CAST(:revoked_by AS uuid)
WHERE community_id = CAST(:community_id AS integer) AND clearance_id = CAST(:clearance_id AS uuid)
    AND revoked_at IS NULL
