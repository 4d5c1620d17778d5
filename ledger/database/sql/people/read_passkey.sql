-- A passkey by what the authenticator calls it, with the standing of its member. Removed ones too.
SELECT k.passkey_id, k.member_id, k.public_key, k.sign_count, k.label, k.made_at, k.used_at, k.removed_at, m.status
FROM passkey k
JOIN member m ON m.community_id = k.community_id AND m.member_id = k.member_id
WHERE k.community_id = CAST(:community_id AS integer) AND k.credential_id = CAST(:credential_id AS bytea)
