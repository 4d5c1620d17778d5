-- The names of these members, and the newest version of the community's policy, which a row of each says again.
SELECT p.member_id, p.name, h.policy_version
FROM log_head h
LEFT JOIN person p ON p.community_id = h.community_id AND p.member_id = ANY(CAST(:member_ids AS uuid[]))
WHERE h.community_id = CAST(:community_id AS integer)
