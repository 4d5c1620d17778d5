-- What earlier imports posted, an entry a row, with the line each came from.
SELECT l.transfer_id, t.kind, l.line, e.account_id, e.seconds
FROM import_line l
JOIN transfer t ON t.community_id = l.community_id AND t.transfer_id = l.transfer_id
JOIN entry e ON e.community_id = t.community_id AND e.leaf_index = t.leaf_index
WHERE l.community_id = CAST(:community_id AS integer)
ORDER BY e.leaf_index, e.place
