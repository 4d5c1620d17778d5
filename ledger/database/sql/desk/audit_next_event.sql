-- Where the first event at or after a leaf stands.
SELECT leaf_index
FROM event
WHERE community_id = CAST(:community_id AS integer) AND leaf_index >= CAST(:first AS bigint)
ORDER BY leaf_index
LIMIT 1
