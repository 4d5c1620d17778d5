-- The valid token with this id, with its community. Ids are random and unguessable only together with the secret.
-- `due` says that its last use was noted more than an hour ago.
SELECT t.token_hash, t.scopes, c.slug, c.name, c.issuer, c.origin,
    t.used_at IS NULL OR t.used_at < CAST(:now AS timestamptz) - interval '1 hour' AS due
FROM api_token t
JOIN community c ON c.community_id = t.community_id
WHERE t.community_id = CAST(:community_id AS integer) AND t.token_id = CAST(:token_id AS text)
    AND t.revoked_at IS NULL AND t.expires_at > CAST(:now AS timestamptz)
