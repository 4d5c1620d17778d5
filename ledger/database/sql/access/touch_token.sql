UPDATE api_token
SET used_at = CAST(:now AS timestamptz)
WHERE community_id = CAST(:community_id AS integer) AND token_id = CAST(:token_id AS text)
