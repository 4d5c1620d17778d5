-- What earlier imports from this system posted, an entry a row, with the line each came from. A line without an import
-- is older than imports have ids, and then from TimeOverflow.
SELECT l.transfer_id, t.kind, l.line, e.account_id, e.seconds, r.undone_at IS NOT NULL AS undone
FROM import_line l
LEFT JOIN import_run r ON r.community_id = l.community_id AND r.import_id = l.import_id
JOIN transfer t ON t.community_id = l.community_id AND t.transfer_id = l.transfer_id
JOIN entry e ON e.community_id = t.community_id AND e.leaf_index = t.leaf_index
WHERE l.community_id = CAST(:community_id AS integer)
    AND COALESCE(r.system, 'timeoverflow') = CAST(:system AS text)
ORDER BY e.leaf_index, e.place
