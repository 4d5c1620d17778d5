-- The card with this secret or this code, when it can still be used, and by somebody who may sign in.
SELECT f.card_id, f.member_id
FROM (
    SELECT card_id, member_id, expires_at, used_at, revoked_at
    FROM card
    WHERE community_id = CAST(:community_id AS integer) AND secret_hash = CAST(:secret_hash AS bytea)
    UNION ALL
    SELECT card_id, member_id, expires_at, used_at, revoked_at
    FROM card
    WHERE community_id = CAST(:community_id AS integer) AND code_hash = CAST(:code_hash AS bytea)
) f
JOIN member m ON m.community_id = CAST(:community_id AS integer) AND m.member_id = f.member_id
WHERE f.used_at IS NULL AND f.revoked_at IS NULL AND f.expires_at > CAST(:now AS timestamptz)
    AND m.status IN ('active', 'away')
