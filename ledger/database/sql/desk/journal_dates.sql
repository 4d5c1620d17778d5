-- The first and the last day on which the journal will show anything. What reverses has the day of what it reverses.
SELECT min(coalesce(service_on, CAST(recorded_at AT TIME ZONE CAST(:zone AS text) AS date))) AS first_on,
    max(coalesce(service_on, CAST(recorded_at AT TIME ZONE CAST(:zone AS text) AS date))) AS last_on
FROM transfer
WHERE community_id = CAST(:community_id AS integer) AND reverses_id IS NULL
