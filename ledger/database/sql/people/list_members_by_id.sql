-- These members, in the order of their numbers: who is behind the ids that a list holds.
SELECT m.member_id, m.member_number, m.status, m.status_since, m.joined_on, m.frail, m.change_count, m.enrolled_at,
    m.erased_at, p.name, p.skeleton, p.email, p.phone, p.address, p.languages, p.birth_year, r.role
FROM member m
LEFT JOIN person p ON p.community_id = m.community_id AND p.member_id = m.member_id
LEFT JOIN member_role r ON r.community_id = m.community_id AND r.member_id = m.member_id AND r.ended_at IS NULL
WHERE m.community_id = CAST(:community_id AS integer) AND m.member_id = ANY(CAST(:member_ids AS uuid[]))
ORDER BY m.member_number
