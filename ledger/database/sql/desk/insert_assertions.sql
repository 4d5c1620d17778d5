INSERT INTO balance_assertion (community_id, source, asserted_by, asserted_at, assertion_id, account_id, stood_on,
    seconds, tree_size, held)
SELECT CAST(:community_id AS integer), CAST(:source AS text), CAST(:asserted_by AS uuid), CAST(:now AS timestamptz),
    u.*
FROM unnest(CAST(:assertion_ids AS uuid[]), CAST(:account_ids AS uuid[]), CAST(:days AS date[]),
    CAST(:seconds AS bigint[]), CAST(:tree_sizes AS bigint[]), CAST(:held AS boolean[])) AS u
