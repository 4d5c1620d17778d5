-- Claims as they stand, each with its note and with what its provider was credited in all.
SELECT c.claim_id, c.provider_id, c.receiver_id, c.activity, c.service_on, c.from_time, c.to_time,
    c.recorded_seconds, c.policy_version, c.provider_account_id, c.receiver_account_id, c.care_request_id, c.due_at,
    c.session_id, c.logged_by, c.logged_via, c.logged_at, c.state, c.event_count, c.posting_count, c.credited_seconds, c.paid_seconds, n.note,
    coalesce(t.seconds, 0) AS earned_seconds
FROM unnest(CAST(:claim_ids AS uuid[])) AS asked (claim_id)
CROSS JOIN LATERAL (
    SELECT *
    FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = asked.claim_id
    OFFSET 0
) c
LEFT JOIN LATERAL (
    SELECT note
    FROM claim_note
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = asked.claim_id
    OFFSET 0
) n ON true
LEFT JOIN LATERAL (
    SELECT seconds
    FROM earned_total
    WHERE community_id = CAST(:community_id AS integer) AND member_id = c.provider_id
    OFFSET 0
) t ON true
