INSERT INTO card (community_id, card_id, member_id, secret_hash, code_hash, issued_by, issued_at, expires_at)
VALUES (CAST(:community_id AS integer), CAST(:card_id AS uuid), CAST(:member_id AS uuid),
    CAST(:secret_hash AS bytea), CAST(:code_hash AS bytea), CAST(:issued_by AS uuid),
    CAST(:issued_at AS timestamptz), CAST(:expires_at AS timestamptz))
