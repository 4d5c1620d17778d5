-- The requests that changed limits or closed an account, as they were answered.
SELECT request_id, action, fingerprint, CAST(answered_at AS text) AS answered_at
FROM request
WHERE community_id = CAST(:community_id AS integer) AND action IN ('set_limits', 'close_account') AND refusal IS NULL
