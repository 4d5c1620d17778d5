-- Every closing that has a trial balance, with the event that says so in the log, and whether it was opened again.
SELECT p.closing_number, p.through_on, p.tree_size, p.account_count, e.leaf_index, e.salt, e.via, e.author_id, e.member_id,
    e.details, r.reopened_at
FROM closed_period p
JOIN event e ON e.community_id = p.community_id AND e.event_id = p.recorded_event_id
LEFT JOIN period_reopening r ON r.community_id = p.community_id AND r.closing_number = p.closing_number
WHERE p.community_id = CAST(:community_id AS integer) AND e.salt IS NOT NULL
ORDER BY p.closing_number
