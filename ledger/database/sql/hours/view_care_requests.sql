-- Requests with their texts, in the order in which they are asked for.
SELECT r.care_request_id, r.series_id, r.receiver_id, r.asked_by, r.asked_via, r.activity, r.care_on, r.from_time,
    r.seconds, r.payer_account_id, r.hold_id, r.held_seconds, r.policy_version, r.asked_at, r.expires_at, r.state,
    r.taken_by, n.area, n.note
FROM unnest(CAST(:care_request_ids AS uuid[])) WITH ORDINALITY AS asked (care_request_id, place)
CROSS JOIN LATERAL (
    SELECT *
    FROM care_request
    WHERE community_id = CAST(:community_id AS integer) AND care_request_id = asked.care_request_id
    OFFSET 0
) r
LEFT JOIN LATERAL (
    SELECT area, note
    FROM care_request_note
    WHERE community_id = CAST(:community_id AS integer) AND care_request_id = asked.care_request_id
    OFFSET 0
) n ON true
ORDER BY asked.place
