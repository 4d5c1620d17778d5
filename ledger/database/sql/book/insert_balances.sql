-- A new account stands at nothing; what the batch then does to it follows as an update.
INSERT INTO balance (community_id, account_id, floor, ceiling, balance, held, entry_count, limits_count, closed)
SELECT CAST(:community_id AS integer), u.account_id, u.floor, u.ceiling, 0, 0, 0, 1, false
FROM unnest(CAST(:account_ids AS uuid[]), CAST(:floors AS bigint[]), CAST(:ceilings AS bigint[]))
    AS u (account_id, floor, ceiling)
