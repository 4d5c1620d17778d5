-- The newest closings, with when they were reopened: the last number, and which one is in force.
SELECT p.closing_number, p.through_on, r.reopened_at
FROM closed_period p
LEFT JOIN period_reopening r ON r.community_id = p.community_id AND r.closing_number = p.closing_number
WHERE p.community_id = CAST(:community_id AS integer)
ORDER BY p.closing_number DESC
