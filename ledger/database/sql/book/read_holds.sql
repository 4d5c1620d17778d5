-- Holds by id, each with how it ended, if it has. OFFSET 0 keeps a look-up a look-up.
SELECT h.hold_id, h.account_id, h.seconds, h.expires_at, h.placed_at, r.outcome, r.resolved_by, r.resolved_at
FROM hold h
LEFT JOIN LATERAL (
    SELECT outcome, resolved_by, resolved_at
    FROM hold_resolution
    WHERE community_id = CAST(:community_id AS integer) AND hold_id = h.hold_id
    OFFSET 0
) r ON true
WHERE h.community_id = CAST(:community_id AS integer) AND h.hold_id = ANY(CAST(:hold_ids AS uuid[]))
