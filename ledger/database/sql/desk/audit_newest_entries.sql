-- Where each account stood at a size of the log: its newest entry below it.
SELECT a.account_id, e.entry_number, e.balance_after
FROM account a
CROSS JOIN LATERAL (
    SELECT entry_number, balance_after
    FROM entry
    WHERE community_id = a.community_id AND account_id = a.account_id AND leaf_index < CAST(:first AS bigint)
    ORDER BY leaf_index DESC
    LIMIT 1
) e
WHERE a.community_id = CAST(:community_id AS integer)
