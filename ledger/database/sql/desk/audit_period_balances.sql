-- What every account stood at at a closing, in the order of the tree's leaves, with the secret that opens the digest.
SELECT b.place, b.account_id, b.balance, b.entry_count, b.digest, s.secret
FROM period_balance b
LEFT JOIN account_secret s ON s.community_id = b.community_id AND s.account_id = b.account_id
WHERE b.community_id = CAST(:community_id AS integer) AND b.closing_number = CAST(:closing_number AS integer)
ORDER BY b.place
