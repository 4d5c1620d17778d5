-- The events that ended rounds. Timestamps as text, here and in what is compared with it.
SELECT CAST(event_id AS text) AS event_id, kind, CAST(recorded_at AS text) AS recorded_at, author_id, details
FROM event
WHERE community_id = CAST(:community_id AS integer) AND kind IN ('round_signed_off', 'round_abandoned')
ORDER BY leaf_index
