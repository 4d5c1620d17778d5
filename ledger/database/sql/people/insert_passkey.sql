INSERT INTO passkey (community_id, credential_id, passkey_id, member_id, public_key, sign_count, label, made_at)
VALUES (CAST(:community_id AS integer), CAST(:credential_id AS bytea), CAST(:passkey_id AS uuid),
    CAST(:member_id AS uuid), CAST(:public_key AS bytea), CAST(:sign_count AS bigint), CAST(:label AS text),
    CAST(:now AS timestamptz))
