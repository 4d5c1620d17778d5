-- A page of an account's entries, newest first, below an entry number. OFFSET 0 keeps a look-up a look-up.
SELECT e.entry_number, e.seconds, e.balance_after, e.leaf_index, t.transfer_id, t.kind, t.service_on, t.recorded_at
FROM (
    SELECT entry_number, seconds, balance_after, leaf_index
    FROM entry
    WHERE community_id = CAST(:community_id AS integer) AND account_id = CAST(:account_id AS uuid)
        AND entry_number < CAST(:below AS bigint)
    ORDER BY entry_number DESC
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
ORDER BY e.entry_number DESC
