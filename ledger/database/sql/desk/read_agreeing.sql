-- The newest assertion of an account before a day that agreed with what was recorded, and the entry it agreed at.
SELECT a.assertion_id, a.stood_on, a.seconds, coalesce(r.entry_number, 0) AS entry_number
FROM balance_assertion a
LEFT JOIN LATERAL (
    SELECT entry_number
    FROM entry
    WHERE community_id = CAST(:community_id AS integer) AND account_id = a.account_id AND leaf_index < a.tree_size
    ORDER BY leaf_index DESC
    LIMIT 1
) r ON true
WHERE a.community_id = CAST(:community_id AS integer) AND a.account_id = CAST(:account_id AS uuid)
    AND a.stood_on < CAST(:stood_on AS date) AND a.held AND a.withdrawn_at IS NULL
ORDER BY a.stood_on DESC, a.asserted_at DESC
LIMIT 1
