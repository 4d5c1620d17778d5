-- Who has this address, whatever their standing.
SELECT p.member_id, p.email, m.status, r.role
FROM person p
JOIN member m ON m.community_id = p.community_id AND m.member_id = p.member_id
LEFT JOIN member_role r
    ON r.community_id = p.community_id AND r.member_id = p.member_id AND r.ended_at IS NULL
WHERE p.community_id = CAST(:community_id AS integer) AND p.email_key = lower(CAST(:email AS text))
