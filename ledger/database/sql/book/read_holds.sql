-- Holds by id, each with how it ended, if it has.
SELECT h.hold_id, h.account_id, h.seconds, h.expires_at, h.placed_at, r.outcome, r.resolved_by, r.resolved_at
FROM unnest(CAST(:hold_ids AS uuid[])) AS asked (hold_id)
JOIN hold h ON h.community_id = CAST(:community_id AS integer) AND h.hold_id = asked.hold_id
LEFT JOIN hold_resolution r ON r.community_id = CAST(:community_id AS integer) AND r.hold_id = asked.hold_id
