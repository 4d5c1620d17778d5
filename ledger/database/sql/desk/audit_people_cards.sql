-- Every card, without its secrets.
SELECT CAST(card_id AS text) AS card_id, CAST(member_id AS text) AS member_id, CAST(issued_by AS text) AS issued_by,
    CAST(issued_at AS text) AS issued_at, CAST(expires_at AS text) AS expires_at, CAST(used_at AS text) AS used_at,
    CAST(revoked_at AS text) AS revoked_at
FROM card
WHERE community_id = CAST(:community_id AS integer)
