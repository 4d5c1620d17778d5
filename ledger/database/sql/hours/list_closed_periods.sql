-- A page of the closings, the newest first.
SELECT p.closing_number, p.through_on, p.closed_at, p.closed_by, p.event_id, p.ends_at, p.tree_size, p.account_count,
    p.root, r.reopened_at, r.reopened_by, r.proposed_by
FROM closed_period p
LEFT JOIN period_reopening r ON r.community_id = p.community_id AND r.closing_number = p.closing_number
WHERE p.community_id = CAST(:community_id AS integer)
    AND p.closing_number < CAST(:below AS integer)
ORDER BY p.closing_number DESC
LIMIT CAST(:at_most AS integer)
