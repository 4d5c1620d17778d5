-- What one account stood at at each closing, the newest first.
SELECT b.closing_number, p.through_on, p.closed_at, b.balance, b.entry_count, r.reopened_at
FROM period_balance b
JOIN closed_period p ON p.community_id = b.community_id AND p.closing_number = b.closing_number
LEFT JOIN period_reopening r ON r.community_id = b.community_id AND r.closing_number = b.closing_number
WHERE b.community_id = CAST(:community_id AS integer) AND b.account_id = CAST(:account_id AS uuid)
    AND b.closing_number < CAST(:below AS integer)
ORDER BY b.closing_number DESC
LIMIT CAST(:at_most AS integer)
