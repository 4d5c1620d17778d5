-- What an import posted and nobody has reversed yet, the newest first, an entry a row.
SELECT t.transfer_id, e.account_id, e.seconds
FROM import_line l
JOIN transfer t ON t.community_id = l.community_id AND t.transfer_id = l.transfer_id
JOIN entry e ON e.community_id = t.community_id AND e.leaf_index = t.leaf_index
LEFT JOIN transfer r ON r.community_id = t.community_id AND r.reverses_id = t.transfer_id
WHERE l.community_id = CAST(:community_id AS integer) AND l.import_id = CAST(:import_id AS uuid)
    AND r.transfer_id IS NULL
ORDER BY t.leaf_index DESC, e.place
