-- The newest entry of an account below a leaf index: its balance as of that checkpoint.
SELECT entry_number, balance_after
FROM entry
WHERE community_id = CAST(:community_id AS integer) AND account_id = CAST(:account_id AS uuid)
    AND leaf_index < CAST(:tree_size AS bigint)
ORDER BY leaf_index DESC
LIMIT 1
