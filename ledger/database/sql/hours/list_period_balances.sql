-- A page of what the accounts stood at, in the order of the tree's leaves.
SELECT p.place, p.account_id, a.kind, a.code, p.balance, p.entry_count, p.digest
FROM period_balance p
JOIN account a ON a.community_id = p.community_id AND a.account_id = p.account_id
WHERE p.community_id = CAST(:community_id AS integer) AND p.closing_number = CAST(:closing_number AS integer)
    AND p.place > CAST(:after AS integer)
ORDER BY p.place
LIMIT CAST(:at_most AS integer)
