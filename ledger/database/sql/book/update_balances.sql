-- New standings where limits changed as well; otherwise append_batch sets the balances.
UPDATE balance b
SET balance = u.balance, held = u.held, floor = u.floor, ceiling = u.ceiling, entry_count = u.entry_count,
    limits_count = u.limits_count, closed = u.closed
FROM unnest(CAST(:account_ids AS uuid[]), CAST(:balances AS bigint[]), CAST(:helds AS bigint[]),
    CAST(:floors AS bigint[]), CAST(:ceilings AS bigint[]), CAST(:entry_counts AS bigint[]),
    CAST(:limits_counts AS integer[]), CAST(:closeds AS boolean[]))
    AS u (account_id, balance, held, floor, ceiling, entry_count, limits_count, closed)
WHERE b.community_id = CAST(:community_id AS integer) AND b.account_id = u.account_id
    AND b.account_id = ANY(CAST(:account_ids AS uuid[]))
