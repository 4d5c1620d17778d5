UPDATE card
SET revoked_at = CAST(:now AS timestamptz)
WHERE community_id = CAST(:community_id AS integer) AND card_id = CAST(:card_id AS uuid)
    AND used_at IS NULL AND revoked_at IS NULL AND expires_at > CAST(:now AS timestamptz)
RETURNING member_id
