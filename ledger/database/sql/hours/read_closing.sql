-- One closing, with what its event says of it, and where in the log stands what everybody stood at.
SELECT p.closing_number, p.through_on, p.closed_at, p.closed_by, p.event_id, p.ends_at, p.tree_size, p.account_count,
    p.root, r.reopened_at, r.reopened_by, r.proposed_by, b.leaf_index, e.details, t.reason
FROM closed_period p
LEFT JOIN period_reopening r ON r.community_id = p.community_id AND r.closing_number = p.closing_number
LEFT JOIN event e ON e.community_id = p.community_id AND e.event_id = p.event_id
LEFT JOIN event b ON b.community_id = p.community_id AND b.event_id = p.recorded_event_id
LEFT JOIN period_reason t ON t.community_id = p.community_id AND t.event_id = p.event_id
WHERE p.community_id = CAST(:community_id AS integer) AND p.closing_number = CAST(:closing_number AS integer)
