-- Every passkey, with the hash of its public key.
SELECT CAST(passkey_id AS text) AS passkey_id, CAST(member_id AS text) AS member_id,
    encode(sha256(public_key), 'hex') AS public_key, CAST(made_at AS text) AS made_at,
    CAST(removed_at AS text) AS removed_at
FROM passkey
WHERE community_id = CAST(:community_id AS integer)
