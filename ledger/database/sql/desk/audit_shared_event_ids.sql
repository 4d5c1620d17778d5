-- Ids that stand for a transfer and for an event.
SELECT t.transfer_id, t.leaf_index, e.kind
FROM event e
JOIN transfer t ON t.community_id = e.community_id AND t.transfer_id = e.event_id
WHERE e.community_id = CAST(:community_id AS integer)
LIMIT CAST(:most AS bigint)
