-- The counter goes up or stays at nought, also when two signatures arrive at once (WebAuthn Level 3, 6.1.1).
UPDATE passkey
SET sign_count = CAST(:sign_count AS bigint), used_at = CAST(:now AS timestamptz)
WHERE community_id = CAST(:community_id AS integer) AND credential_id = CAST(:credential_id AS bytea)
    AND removed_at IS NULL
    AND (sign_count < CAST(:sign_count AS bigint) OR (sign_count = 0 AND CAST(:sign_count AS bigint) = 0))
RETURNING member_id
