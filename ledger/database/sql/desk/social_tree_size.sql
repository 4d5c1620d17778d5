-- How many leaves the log had before a moment, looked for from its newest leaf backwards.
SELECT coalesce(max(u.leaf_index) + 1, 0) AS tree_size
FROM (
    (SELECT leaf_index FROM transfer
    WHERE community_id = CAST(:community_id AS integer) AND recorded_at < CAST(:as_of AS timestamptz)
    ORDER BY recorded_at DESC, leaf_index DESC
    LIMIT 1)
    UNION ALL
    (SELECT leaf_index FROM event
    WHERE community_id = CAST(:community_id AS integer) AND recorded_at < CAST(:as_of AS timestamptz)
    ORDER BY recorded_at DESC, leaf_index DESC
    LIMIT 1)
) u
