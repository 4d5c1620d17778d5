-- Every assertion, with what its account stood at when the log was as large as it says.
SELECT CAST(a.assertion_id AS text) AS assertion_id, CAST(a.account_id AS text) AS account_id,
    CAST(a.stood_on AS text) AS stood_on, a.seconds, a.source, a.tree_size, a.held,
    CAST(a.asserted_by AS text) AS asserted_by, CAST(a.asserted_at AS text) AS asserted_at,
    CAST(a.withdrawn_by AS text) AS withdrawn_by, CAST(a.withdrawn_at AS text) AS withdrawn_at,
    coalesce(r.balance_after, 0) AS recorded_seconds
FROM balance_assertion a
LEFT JOIN LATERAL (
    SELECT balance_after
    FROM entry
    WHERE community_id = CAST(:community_id AS integer) AND account_id = a.account_id AND leaf_index < a.tree_size
    ORDER BY leaf_index DESC
    LIMIT 1
) r ON true
WHERE a.community_id = CAST(:community_id AS integer)
ORDER BY a.asserted_at, a.assertion_id
