SELECT care_request_id, series_id, receiver_id, asked_by, asked_via, activity, care_on, from_time, seconds,
    payer_account_id, hold_id, held_seconds, policy_version, asked_at, expires_at, state, event_count, taken_by
FROM care_request
WHERE community_id = CAST(:community_id AS integer)
    AND care_request_id = ANY(CAST(:care_request_ids AS uuid[]))
