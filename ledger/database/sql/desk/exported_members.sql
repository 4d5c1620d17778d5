-- Every member, with what is known of them while they are not erased.
SELECT m.member_number AS number, p.name, m.status, m.status_since, m.joined_on, m.frail, r.role, p.email, p.phone,
    p.address, array_to_string(p.languages, ' ') AS languages, CAST(p.birth_year AS integer) AS birth_year,
    m.member_id
FROM member m
LEFT JOIN person p ON p.community_id = m.community_id AND p.member_id = m.member_id
LEFT JOIN member_role r ON r.community_id = m.community_id AND r.member_id = m.member_id AND r.ended_at IS NULL
WHERE m.community_id = CAST(:community_id AS integer)
ORDER BY m.member_number
