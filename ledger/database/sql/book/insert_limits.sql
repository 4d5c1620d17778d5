INSERT INTO account_limits (community_id, changed_at, account_id, change_number, floor, ceiling, closed, tree_size)
SELECT CAST(:community_id AS integer), CAST(:changed_at AS timestamptz), u.*
FROM unnest(CAST(:account_ids AS uuid[]), CAST(:change_numbers AS integer[]), CAST(:floors AS bigint[]),
    CAST(:ceilings AS bigint[]), CAST(:closeds AS boolean[]), CAST(:tree_sizes AS bigint[])) AS u
