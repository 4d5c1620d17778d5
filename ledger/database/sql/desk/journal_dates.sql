-- The first and the last day on which the journal will show anything.
SELECT min(coalesce(service_on, CAST(recorded_at AT TIME ZONE 'UTC' AS date))) AS first_on,
    max(coalesce(service_on, CAST(recorded_at AT TIME ZONE 'UTC' AS date))) AS last_on
FROM transfer
WHERE community_id = CAST(:community_id AS integer)
