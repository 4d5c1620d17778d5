-- The accounts of members and households that stood above zero when the log had so many leaves.
SELECT a.account_id, a.code, e.balance_after AS balance
FROM account a
CROSS JOIN LATERAL (
    SELECT balance_after
    FROM entry
    WHERE community_id = CAST(:community_id AS integer) AND account_id = a.account_id
        AND leaf_index < CAST(:tree_size AS bigint)
    ORDER BY leaf_index DESC
    LIMIT 1
) e
WHERE a.community_id = CAST(:community_id AS integer) AND a.kind IN ('member', 'household') AND e.balance_after > 0
ORDER BY a.code
