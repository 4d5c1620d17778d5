-- The entries of transfers that are to be reversed, and whether a reversal of them exists.
SELECT t.transfer_id, t.reverses_id, e.account_id, e.seconds, r.transfer_id AS reversed_by
FROM unnest(CAST(:transfer_ids AS uuid[])) AS asked (transfer_id)
JOIN transfer t ON t.community_id = CAST(:community_id AS integer) AND t.transfer_id = asked.transfer_id
JOIN entry e ON e.community_id = CAST(:community_id AS integer) AND e.leaf_index = t.leaf_index
LEFT JOIN transfer r ON r.community_id = CAST(:community_id AS integer) AND r.reverses_id = asked.transfer_id
ORDER BY t.transfer_id, e.place
