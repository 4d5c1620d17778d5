INSERT INTO period_balance (community_id, closing_number, place, account_id, balance, entry_count, digest)
SELECT CAST(:community_id AS integer), CAST(:closing_number AS integer), u.*
FROM unnest(CAST(:places AS integer[]), CAST(:account_ids AS uuid[]), CAST(:balances AS bigint[]),
    CAST(:entry_counts AS bigint[]), CAST(:digests AS text[])) AS u
