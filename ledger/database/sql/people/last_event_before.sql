-- The last event's leaf before a moment: the time of a leaf never goes back.
SELECT leaf_index
FROM event
WHERE community_id = CAST(:community_id AS integer) AND recorded_at < CAST(:moment AS timestamptz)
ORDER BY recorded_at DESC, leaf_index DESC
LIMIT 1
