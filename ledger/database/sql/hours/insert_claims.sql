INSERT INTO claim (community_id, logged_at, claim_id, provider_id, receiver_id, activity, service_on, from_time,
    to_time, recorded_seconds, policy_version, provider_account_id, receiver_account_id, care_request_id, session_id,
    logged_by, logged_via, due_at, state, event_count, posting_count, credited_seconds, paid_seconds)
SELECT CAST(:community_id AS integer), CAST(:now AS timestamptz), u.*, 'submitted', 0, 0, 0, 0
FROM unnest(CAST(:claim_ids AS uuid[]), CAST(:provider_ids AS uuid[]), CAST(:receiver_ids AS uuid[]),
    CAST(:activities AS text[]), CAST(:service_ons AS date[]), CAST(:from_times AS time[]),
    CAST(:to_times AS time[]), CAST(:recorded AS bigint[]), CAST(:policy_versions AS integer[]),
    CAST(:provider_account_ids AS uuid[]), CAST(:receiver_account_ids AS uuid[]),
    CAST(:care_request_ids AS uuid[]), CAST(:session_ids AS uuid[]), CAST(:logged_bys AS text[]),
    CAST(:logged_vias AS text[]), CAST(:due_ats AS timestamptz[])) AS u
