-- All entries of a transfer come in this one statement: the trigger that sums them sees whole transfers.
INSERT INTO entry (community_id, account_id, entry_number, leaf_index, place, seconds, balance_after, digest)
SELECT CAST(:community_id AS integer), u.*
FROM unnest(CAST(:account_ids AS uuid[]), CAST(:entry_numbers AS bigint[]), CAST(:leaf_indexes AS bigint[]),
    CAST(:places AS smallint[]), CAST(:seconds AS bigint[]), CAST(:balances_after AS bigint[]),
    CAST(:digests AS text[])) AS u
