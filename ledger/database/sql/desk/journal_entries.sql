-- All entries in the order they were posted, each with its transfer. The leaf leads to the transfer, because
-- both it and the entries have a key that begins with the place in the log.
SELECT e.leaf_index, t.transfer_id, t.kind, t.service_on, CAST(t.recorded_at AT TIME ZONE 'UTC' AS date) AS recorded_on,
    t.reverses_id, e.account_id, e.seconds
FROM entry e
JOIN log_leaf l ON l.community_id = e.community_id AND l.leaf_index = e.leaf_index
JOIN transfer t ON t.community_id = l.community_id AND t.transfer_id = l.transfer_id
WHERE e.community_id = CAST(:community_id AS integer)
ORDER BY e.leaf_index, e.place
