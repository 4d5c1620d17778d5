-- Entries at a place in the log where there is no leaf.
SELECT e.account_id, e.entry_number, e.leaf_index, e.place
FROM entry e
LEFT JOIN log_leaf l ON l.community_id = e.community_id AND l.leaf_index = e.leaf_index
WHERE e.community_id = CAST(:community_id AS integer) AND l.leaf_index IS NULL
LIMIT CAST(:most AS bigint)
