-- The valid token with this id, with its community. Ids are random and unguessable only together with the secret.
SELECT t.token_hash, c.community_id, c.slug, c.name, c.issuer, c.origin
FROM api_token t
JOIN community c ON c.community_id = t.community_id
WHERE t.token_id = CAST(:token_id AS text) AND t.revoked_at IS NULL AND t.expires_at > CAST(:now AS timestamptz)
