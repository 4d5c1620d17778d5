-- What an import has posted: transfers, and the seconds that they moved.
SELECT count(DISTINCT t.transfer_id) AS transfers, COALESCE(sum(e.seconds) FILTER (WHERE e.seconds > 0), 0) AS seconds
FROM import_line l
JOIN transfer t ON t.community_id = l.community_id AND t.transfer_id = l.transfer_id
JOIN entry e ON e.community_id = t.community_id AND e.leaf_index = t.leaf_index
WHERE l.community_id = CAST(:community_id AS integer) AND l.import_id = CAST(:import_id AS uuid)
