SELECT token_id, label, scopes, made_by, created_at, expires_at, revoked_at, used_at
FROM api_token
WHERE community_id = CAST(:community_id AS integer)
ORDER BY created_at
