-- For each of several assertions, in their order: whether there is such an account, what it stood at below a leaf, and
-- the assertion that stands for the same account, day and source already.
SELECT u.place, a.account_id IS NOT NULL AS known, coalesce(e.balance_after, 0) AS recorded_seconds,
    s.assertion_id AS standing_id
FROM unnest(CAST(:account_ids AS uuid[]), CAST(:tree_sizes AS bigint[]), CAST(:days AS date[]))
    WITH ORDINALITY AS u (account_id, tree_size, stood_on, place)
LEFT JOIN LATERAL (
    SELECT account_id
    FROM account
    WHERE community_id = CAST(:community_id AS integer) AND account_id = u.account_id
    OFFSET 0
) a ON true
LEFT JOIN LATERAL (
    SELECT balance_after
    FROM entry
    WHERE community_id = CAST(:community_id AS integer) AND account_id = u.account_id AND leaf_index < u.tree_size
    ORDER BY leaf_index DESC
    LIMIT 1
) e ON true
LEFT JOIN LATERAL (
    SELECT assertion_id
    FROM balance_assertion
    WHERE community_id = CAST(:community_id AS integer) AND account_id = u.account_id AND stood_on = u.stood_on
        AND source = CAST(:source AS text) AND withdrawn_at IS NULL
    OFFSET 0
) s ON true
ORDER BY u.place
