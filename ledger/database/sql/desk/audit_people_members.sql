-- Every member, with whether it is known who they are; also the persons who are no member.
SELECT CAST(coalesce(m.member_id, p.member_id) AS text) AS member_id, CAST(m.member_number AS text) AS member_number,
    m.status, CAST(m.frail AS text) AS frail, CAST(m.enrolled_at AS text) AS enrolled_at,
    CAST(m.erased_at AS text) AS erased_at, CAST(p.member_id IS NOT NULL AS text) AS is_person
FROM (SELECT * FROM member WHERE community_id = CAST(:community_id AS integer)) m
FULL JOIN (SELECT * FROM person WHERE community_id = CAST(:community_id AS integer)) p ON p.member_id = m.member_id
