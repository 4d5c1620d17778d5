-- The first event's leaf at or after a moment: the time of a leaf never goes back.
SELECT leaf_index
FROM event
WHERE community_id = CAST(:community_id AS integer) AND recorded_at >= CAST(:moment AS timestamptz)
ORDER BY recorded_at, leaf_index
LIMIT 1
