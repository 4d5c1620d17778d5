-- The number of a community's newest policy, and when it was applied; 0 and NULL while it has none of its own.
SELECT h.policy_version, p.applied_at
FROM log_head h
LEFT JOIN policy p ON p.community_id = h.community_id AND p.version = h.policy_version
WHERE h.community_id = CAST(:community_id AS integer)
