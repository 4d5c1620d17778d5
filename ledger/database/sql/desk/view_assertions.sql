-- Assertions by their ids. What each account stood at is looked up, and for those that differed also what came late: for
-- days up to that one, as closings count them, among the entries that follow it, of which so many are read.
SELECT a.assertion_id, a.account_id, a.stood_on, a.seconds, a.source, a.tree_size, a.held, a.differed, a.asserted_by,
    a.asserted_at, a.withdrawn_at, a.withdrawn_by, coalesce(r.balance_after, 0) AS recorded_seconds,
    coalesce(r.entry_number, 0) AS entry_number, coalesce(l.seconds, 0) AS late_seconds, n.note
FROM balance_assertion a
LEFT JOIN LATERAL (
    SELECT balance_after, entry_number
    FROM entry
    WHERE community_id = CAST(:community_id AS integer) AND account_id = a.account_id AND leaf_index < a.tree_size
    ORDER BY leaf_index DESC
    LIMIT 1
) r ON true
LEFT JOIN LATERAL (
    SELECT CAST(sum(e.seconds) AS bigint) AS seconds
    FROM (
        SELECT seconds, leaf_index
        FROM entry
        WHERE a.differed AND community_id = CAST(:community_id AS integer) AND account_id = a.account_id
            AND entry_number > coalesce(r.entry_number, 0)
            AND entry_number <= coalesce(r.entry_number, 0) + CAST(:looked_at AS bigint)
        OFFSET 0
    ) e
    CROSS JOIN LATERAL (
        SELECT transfer_id
        FROM log_leaf
        WHERE community_id = CAST(:community_id AS integer) AND leaf_index = e.leaf_index
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
    WHERE counts_through(t.service_on, e.leaf_index, o.service_on, o.leaf_index, a.stood_on, a.tree_size)
) l ON true
LEFT JOIN assertion_note n ON n.community_id = a.community_id AND n.assertion_id = a.assertion_id
WHERE a.community_id = CAST(:community_id AS integer) AND a.assertion_id = ANY (CAST(:assertion_ids AS uuid[]))
