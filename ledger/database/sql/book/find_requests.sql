-- Which of these ids were used before, and what was answered. Asked after the head is locked: asked in the same
-- statement, nearly every simultaneous repeat would be missed.
SELECT t.transfer_id AS request_id, t.fingerprint, NULL AS refusal, NULL AS detail
FROM unnest(CAST(:request_ids AS uuid[])) AS asked (id)
JOIN transfer t ON t.community_id = CAST(:community_id AS integer) AND t.transfer_id = asked.id
UNION ALL
SELECT r.request_id, r.fingerprint, r.refusal, r.detail
FROM unnest(CAST(:request_ids AS uuid[])) AS asked (id)
JOIN request r ON r.community_id = CAST(:community_id AS integer) AND r.request_id = asked.id
