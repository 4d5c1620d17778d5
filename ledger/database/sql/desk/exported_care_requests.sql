-- Every request for care, with who asked and who took it.
SELECT q.asked_at, q.state, q.care_on, q.from_time, r.name AS receiver, t.name AS taken_by, q.activity,
    q.seconds AS asked_seconds, q.held_seconds, q.expires_at, n.area, n.note, q.care_request_id
FROM care_request q
LEFT JOIN person r ON r.community_id = q.community_id AND r.member_id = q.receiver_id
LEFT JOIN person t ON t.community_id = q.community_id AND t.member_id = q.taken_by
LEFT JOIN care_request_note n ON n.community_id = q.community_id AND n.care_request_id = q.care_request_id
WHERE q.community_id = CAST(:community_id AS integer)
ORDER BY q.care_on, q.care_request_id
