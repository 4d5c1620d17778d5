-- The locked head, and which of these ids were used before, with what was answered: a row for each, or one without.
-- Asked after the head is locked: asked in the same statement, nearly every simultaneous repeat would be missed.
SELECT h.tree_size, h.edge, h.recorded_at, h.kept_at, h.policy_version, h.closed_through, h.moved_to, f.request_id, f.fingerprint, f.refusal, f.detail
FROM log_head h
LEFT JOIN LATERAL (
    SELECT transfer_id AS request_id, fingerprint, NULL AS refusal, NULL AS detail
    FROM transfer
    WHERE community_id = CAST(:community_id AS integer) AND transfer_id = ANY(CAST(:request_ids AS uuid[]))
    UNION ALL
    SELECT request_id, fingerprint, refusal, detail
    FROM request
    WHERE community_id = CAST(:community_id AS integer) AND request_id = ANY(CAST(:request_ids AS uuid[]))
) f ON true
WHERE h.community_id = CAST(:community_id AS integer)
