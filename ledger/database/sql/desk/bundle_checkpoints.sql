-- Every checkpoint that was kept.
SELECT tree_size, note
FROM checkpoint
WHERE community_id = CAST(:community_id AS integer)
ORDER BY tree_size
