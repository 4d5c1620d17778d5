INSERT INTO care_request (community_id, series_id, receiver_id, asked_by, asked_via, activity, from_time, seconds,
    asked_at, care_request_id, care_on, payer_account_id, hold_id, held_seconds, policy_version, expires_at, state,
    event_count)
SELECT CAST(:community_id AS integer), CAST(:series_id AS uuid), CAST(:receiver_id AS uuid), CAST(:asked_by AS text),
    CAST(:asked_via AS text), CAST(:activity AS text), CAST(:from_time AS time), CAST(:seconds AS bigint),
    CAST(:now AS timestamptz), u.*, 'open', 1
FROM unnest(CAST(:care_request_ids AS uuid[]), CAST(:care_ons AS date[]), CAST(:payer_account_ids AS uuid[]),
    CAST(:hold_ids AS uuid[]), CAST(:held AS bigint[]), CAST(:policy_versions AS integer[]),
    CAST(:expires_ats AS timestamptz[])) AS u
