-- How many leaves the log held at the end of a second: the time of a leaf never goes back.
SELECT leaf_index + 1 AS tree_size
FROM transfer
WHERE community_id = CAST(:community_id AS integer) AND recorded_at <= CAST(:moment AS timestamptz)
ORDER BY recorded_at DESC, leaf_index DESC
LIMIT 1
