-- Every change of limits, with the moments of the two leaves between which it says it was made.
SELECT l.account_id, l.change_number, l.floor, l.ceiling, l.closed, l.tree_size, CAST(l.changed_at AS text) AS changed_at,
    CAST(coalesce(earlier.recorded_at, earlier_event.recorded_at) AS text) AS earlier_at,
    CAST(coalesce(later.recorded_at, later_event.recorded_at) AS text) AS later_at
FROM account_limits l
LEFT JOIN log_leaf before_leaf ON before_leaf.community_id = l.community_id AND before_leaf.leaf_index = CASE WHEN l.tree_size > 0 THEN l.tree_size - 1 END
LEFT JOIN transfer earlier
    ON earlier.community_id = before_leaf.community_id AND earlier.transfer_id = before_leaf.transfer_id
LEFT JOIN event earlier_event ON earlier_event.community_id = before_leaf.community_id
    AND earlier_event.leaf_index = CASE WHEN before_leaf.transfer_id IS NULL THEN before_leaf.leaf_index END
LEFT JOIN log_leaf after_leaf ON after_leaf.community_id = l.community_id AND after_leaf.leaf_index = l.tree_size
LEFT JOIN transfer later ON later.community_id = after_leaf.community_id AND later.transfer_id = after_leaf.transfer_id
LEFT JOIN event later_event ON later_event.community_id = after_leaf.community_id
    AND later_event.leaf_index = CASE WHEN after_leaf.transfer_id IS NULL THEN after_leaf.leaf_index END
WHERE l.community_id = CAST(:community_id AS integer)
ORDER BY l.account_id, l.change_number
