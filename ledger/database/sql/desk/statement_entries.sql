-- An account's entries between two leaves, in posting order, each with its transfer. What took another transfer back
-- has the day of care of that one, and its kind as `of_kind`. OFFSET 0 keeps a look-up a look-up.
SELECT e.entry_number, e.seconds, e.balance_after, e.leaf_index, t.transfer_id, t.kind, t.recorded_at,
    coalesce(t.service_on, o.service_on) AS service_on, coalesce(o.kind, t.kind) AS of_kind
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
    SELECT transfer_id, kind, service_on, recorded_at, reverses_id
    FROM transfer
    WHERE community_id = CAST(:community_id AS integer) AND transfer_id = l.transfer_id
    OFFSET 0
) t
LEFT JOIN LATERAL (
    SELECT kind, service_on
    FROM transfer
    WHERE community_id = CAST(:community_id AS integer) AND transfer_id = t.reverses_id
    OFFSET 0
) o ON true
ORDER BY e.leaf_index
