SELECT card_id, issued_by, issued_at, expires_at, used_at, revoked_at
FROM card
WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid)
ORDER BY issued_at DESC, card_id
