UPDATE passkey
SET removed_at = CAST(:now AS timestamptz)
WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid) AND removed_at IS NULL
RETURNING passkey_id
