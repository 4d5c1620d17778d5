SELECT m.status, r.role
FROM member m
LEFT JOIN member_role r
    ON r.community_id = m.community_id AND r.member_id = m.member_id AND r.ended_at IS NULL
WHERE m.community_id = CAST(:community_id AS integer) AND m.member_id = CAST(:member_id AS uuid)
