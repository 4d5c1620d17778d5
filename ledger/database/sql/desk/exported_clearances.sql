-- Every clearance of every member.
SELECT p.name, c.kind, c.issued_on, c.expires_on, c.recorded_at, c.revoked_at, c.member_id, c.clearance_id
FROM clearance c
LEFT JOIN person p ON p.community_id = c.community_id AND p.member_id = c.member_id
WHERE c.community_id = CAST(:community_id AS integer)
ORDER BY c.recorded_at, c.clearance_id
