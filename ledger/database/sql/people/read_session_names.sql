-- The names of these members and what they wish of their statements; where the community moved, and the newest version
-- of its policy, a row of each says again.
SELECT p.member_id, p.name, w.by_email, w.large_print, h.policy_version, h.moved_to
FROM log_head h
LEFT JOIN person p ON p.community_id = h.community_id AND p.member_id = ANY(CAST(:member_ids AS uuid[]))
LEFT JOIN statement_wish w ON w.community_id = p.community_id AND w.member_id = p.member_id
WHERE h.community_id = CAST(:community_id AS integer)
