-- Which of these transfers there are.
SELECT t.transfer_id, t.leaf_index
FROM unnest(CAST(:transfer_ids AS uuid[])) AS asked (transfer_id)
JOIN transfer t ON t.community_id = CAST(:community_id AS integer) AND t.transfer_id = asked.transfer_id
