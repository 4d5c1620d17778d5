-- Every claim, with who gave and who received by name.
SELECT c.logged_at, c.state, c.service_on, c.from_time, c.to_time, g.name AS provider, r.name AS receiver, c.activity,
    c.recorded_seconds, c.credited_seconds, c.paid_seconds, c.logged_via, n.note, c.claim_id, c.provider_id, c.receiver_id,
    c.care_request_id
FROM claim c
LEFT JOIN person g ON g.community_id = c.community_id AND g.member_id = c.provider_id
LEFT JOIN person r ON r.community_id = c.community_id AND r.member_id = c.receiver_id
LEFT JOIN claim_note n ON n.community_id = c.community_id AND n.claim_id = c.claim_id
WHERE c.community_id = CAST(:community_id AS integer)
ORDER BY c.logged_at, c.claim_id
