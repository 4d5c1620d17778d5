-- Members in the order of their numbers, a page at a time, filtered by status, role or a part of the name.
SELECT m.member_id, m.member_number, m.status, m.status_since, m.joined_on, m.frail, m.change_count, m.enrolled_at,
    m.erased_at, p.name, p.skeleton, p.email, p.phone, p.address, p.languages, p.birth_year, r.role
FROM member m
LEFT JOIN person p ON p.community_id = m.community_id AND p.member_id = m.member_id
LEFT JOIN member_role r ON r.community_id = m.community_id AND r.member_id = m.member_id AND r.ended_at IS NULL
WHERE m.community_id = CAST(:community_id AS integer) AND m.member_number > CAST(:after AS integer)
    AND (CAST(:status AS text) IS NULL OR m.status = CAST(:status AS text))
    AND (CAST(:role AS text) IS NULL OR r.role = CAST(:role AS text))
    AND (CAST(:looks_like AS text) IS NULL OR strpos(p.skeleton, CAST(:looks_like AS text)) > 0)
ORDER BY m.member_number
LIMIT CAST(:at_most AS integer)
