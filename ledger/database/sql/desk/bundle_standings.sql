-- What the accounts stood at when a period was closed, in the order of the tree's leaves.
SELECT digest, entry_count, balance
FROM period_balance
WHERE community_id = CAST(:community_id AS integer) AND closing_number = CAST(:closing_number AS integer)
ORDER BY place
