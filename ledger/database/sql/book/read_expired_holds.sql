-- Open holds of these accounts whose deadline has passed: their seconds are free as soon as anybody looks.
SELECT o.hold_id, o.account_id, o.seconds, o.expires_at
FROM unnest(CAST(:account_ids AS uuid[])) AS asked (account_id)
JOIN open_hold o ON o.community_id = CAST(:community_id AS integer) AND o.account_id = asked.account_id
WHERE o.expires_at <= CAST(:now AS timestamptz)
