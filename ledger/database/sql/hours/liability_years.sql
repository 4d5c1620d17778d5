-- Of each positive balance, how much is left of the credits of which year, when the oldest are spent first: the
-- newest credits that make up the balance. What was reversed counts neither as a credit nor as spent.
WITH undone AS MATERIALIZED (
    SELECT leaf_index
    FROM transfer
    WHERE community_id = CAST(:community_id AS integer) AND reverses_id IS NOT NULL
    UNION ALL
    SELECT o.leaf_index
    FROM transfer r
    JOIN transfer o ON o.community_id = r.community_id AND o.transfer_id = r.reverses_id
    WHERE r.community_id = CAST(:community_id AS integer) AND r.reverses_id IS NOT NULL
)
SELECT k.account_id, CAST(extract(year FROM coalesce(t.service_on, t.recorded_at AT TIME ZONE 'UTC')) AS integer) AS year,
    CAST(sum(k.left_seconds) AS bigint) AS seconds
FROM (
    SELECT e.account_id, e.leaf_index,
        least(e.seconds, b.balance - sum(e.seconds) OVER newest_first + e.seconds) AS left_seconds
    FROM account a
    JOIN balance b ON b.community_id = a.community_id AND b.account_id = a.account_id
    JOIN entry e ON e.community_id = a.community_id AND e.account_id = a.account_id
    WHERE a.community_id = CAST(:community_id AS integer) AND a.kind IN ('member', 'household') AND b.balance > 0
        AND e.seconds > 0 AND e.leaf_index NOT IN (SELECT leaf_index FROM undone)
    WINDOW newest_first AS (PARTITION BY e.account_id ORDER BY e.entry_number DESC)
) k
JOIN log_leaf l ON l.community_id = CAST(:community_id AS integer) AND l.leaf_index = k.leaf_index
JOIN transfer t ON t.community_id = l.community_id AND t.transfer_id = l.transfer_id
WHERE k.left_seconds > 0
GROUP BY k.account_id, year
