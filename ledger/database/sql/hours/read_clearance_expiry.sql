SELECT expires_on
FROM clearance
WHERE community_id = CAST(:community_id AS integer) AND clearance_id = CAST(:clearance_id AS uuid)
