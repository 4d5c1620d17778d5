-- Which of these ids were used before, and what was answered. Asked after the head is locked: asked in the same
-- statement, nearly every simultaneous repeat would be missed.
SELECT transfer_id AS request_id, fingerprint, NULL AS refusal, NULL AS detail
FROM transfer
WHERE community_id = CAST(:community_id AS integer) AND transfer_id = ANY(CAST(:request_ids AS uuid[]))
UNION ALL
SELECT request_id, fingerprint, refusal, detail
FROM request
WHERE community_id = CAST(:community_id AS integer) AND request_id = ANY(CAST(:request_ids AS uuid[]))
