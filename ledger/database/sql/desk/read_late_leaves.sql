-- Those of several transfers, by their leaves, that count for days up to one though they were recorded later: see
-- view_assertions.
SELECT u.leaf_index
FROM unnest(CAST(:leaf_indexes AS bigint[])) AS u (leaf_index)
CROSS JOIN LATERAL (
    SELECT transfer_id
    FROM log_leaf
    WHERE community_id = CAST(:community_id AS integer) AND leaf_index = u.leaf_index
    OFFSET 0
) f
CROSS JOIN LATERAL (
    SELECT service_on, reverses_id
    FROM transfer
    WHERE community_id = CAST(:community_id AS integer) AND transfer_id = f.transfer_id
    OFFSET 0
) t
LEFT JOIN LATERAL (
    SELECT service_on, leaf_index
    FROM transfer
    WHERE community_id = CAST(:community_id AS integer) AND transfer_id = t.reverses_id
    OFFSET 0
) o ON true
WHERE u.leaf_index >= CAST(:tree_size AS bigint)
    AND counts_through(t.service_on, u.leaf_index, o.service_on, o.leaf_index, CAST(:stood_on AS date),
        CAST(:tree_size AS bigint))
