INSERT INTO api_token (community_id, token_id, token_hash, label, scopes, made_by, created_at, expires_at)
VALUES (CAST(:community_id AS integer), CAST(:token_id AS text), CAST(:token_hash AS bytea), CAST(:label AS text),
    CAST(:scopes AS text[]), CAST(:made_by AS uuid), CAST(:created_at AS timestamptz),
    CAST(:expires_at AS timestamptz))
