SELECT passkey_id, credential_id, label, made_at, used_at
FROM passkey
WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid)
    AND removed_at IS NULL
ORDER BY made_at, passkey_id
