-- Ids that stand for a transfer and for a request that became none.
SELECT t.transfer_id, t.leaf_index, r.action
FROM request r
JOIN transfer t ON t.community_id = r.community_id AND t.transfer_id = r.request_id
WHERE r.community_id = CAST(:community_id AS integer)
LIMIT CAST(:most AS bigint)
