-- An account's entries between two leaves, in posting order, each with its transfer. OFFSET 0 keeps a look-up a look-up.
SELECT e.entry_number, e.seconds, e.balance_after, e.leaf_index, t.transfer_id, t.kind, t.service_on, t.recorded_at
FROM (
    SELECT entry_number, seconds, balance_after, leaf_index
    FROM entry
    WHERE community_id = CAST(:community_id AS integer) AND account_id = CAST(:account_id AS uuid)
        AND leaf_index >= CAST(:first AS bigint) AND leaf_index < CAST(:below AS bigint)
    ORDER BY leaf_index
    LIMIT CAST(:at_most AS integer)
) e
CROSS JOIN LATERAL (
    SELECT transfer_id
    FROM log_leaf
    WHERE community_id = CAST(:community_id AS integer) AND leaf_index = e.leaf_index
    OFFSET 0
) l
CROSS JOIN LATERAL (
    SELECT transfer_id, kind, service_on, recorded_at
    FROM transfer
    WHERE community_id = CAST(:community_id AS integer) AND transfer_id = l.transfer_id
    OFFSET 0
) t
ORDER BY e.leaf_index
