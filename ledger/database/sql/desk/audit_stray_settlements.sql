-- Transfers that name a hold which does not say that they settled it.
SELECT t.transfer_id, t.leaf_index, t.hold_id
FROM transfer t
LEFT JOIN hold_resolution r ON r.community_id = t.community_id AND r.hold_id = t.hold_id
    AND r.outcome = 'settled' AND r.resolved_by = t.transfer_id
WHERE t.community_id = CAST(:community_id AS integer) AND t.hold_id IS NOT NULL AND r.hold_id IS NULL
    AND t.leaf_index >= CAST(:first AS bigint)
LIMIT CAST(:most AS bigint)
