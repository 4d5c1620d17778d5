-- Everybody whose name could stand on paper: members of now and of before.
SELECT m.member_id, m.member_number, p.name
FROM member m
JOIN person p ON p.community_id = m.community_id AND p.member_id = m.member_id
WHERE m.community_id = CAST(:community_id AS integer)
