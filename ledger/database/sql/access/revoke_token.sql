UPDATE api_token
SET revoked_at = CAST(:now AS timestamptz)
WHERE community_id = CAST(:community_id AS integer) AND token_id = CAST(:token_id AS text) AND revoked_at IS NULL
RETURNING token_id
