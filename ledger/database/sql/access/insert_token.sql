INSERT INTO api_token (community_id, token_id, token_hash, label, created_at, expires_at)
VALUES (CAST(:community_id AS integer), CAST(:token_id AS text), CAST(:token_hash AS bytea), CAST(:label AS text),
    CAST(:created_at AS timestamptz), CAST(:expires_at AS timestamptz))
