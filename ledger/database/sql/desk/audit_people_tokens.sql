-- Every token of a machine.
SELECT token_id, encode(token_hash, 'hex') AS token_hash, CAST(scopes AS text) AS scopes,
    CAST(made_by AS text) AS made_by, CAST(created_at AS text) AS created_at, CAST(expires_at AS text) AS expires_at,
    CAST(revoked_at AS text) AS revoked_at
FROM api_token
WHERE community_id = CAST(:community_id AS integer)
