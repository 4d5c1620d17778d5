-- Open holds of these accounts whose deadline has passed: their seconds are free as soon as anybody looks.
SELECT hold_id, account_id, seconds, expires_at
FROM open_hold
WHERE community_id = CAST(:community_id AS integer) AND account_id = ANY(CAST(:account_ids AS uuid[]))
    AND expires_at <= CAST(:now AS timestamptz)
