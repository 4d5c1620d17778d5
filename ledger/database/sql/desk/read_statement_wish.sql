-- What a member wishes of their statements, and whether there is an address to send them to.
SELECT w.by_email, w.large_print, p.email IS NOT NULL AS has_email
FROM member m
LEFT JOIN person p ON p.community_id = m.community_id AND p.member_id = m.member_id
LEFT JOIN statement_wish w ON w.community_id = m.community_id AND w.member_id = m.member_id
WHERE m.community_id = CAST(:community_id AS integer) AND m.member_id = CAST(:member_id AS uuid)
