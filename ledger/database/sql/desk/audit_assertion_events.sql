SELECT CAST(event_id AS text) AS event_id, kind, CAST(recorded_at AS text) AS recorded_at, author_id, details
FROM event
WHERE community_id = CAST(:community_id AS integer) AND kind IN ('balance_asserted', 'assertion_withdrawn')
ORDER BY leaf_index
