-- Ends of holds that never were.
SELECT r.hold_id, r.outcome
FROM hold_resolution r
LEFT JOIN hold h ON h.community_id = r.community_id AND h.hold_id = r.hold_id
WHERE r.community_id = CAST(:community_id AS integer) AND h.hold_id IS NULL
LIMIT CAST(:most AS bigint)
