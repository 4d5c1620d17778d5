-- What people were credited for the care of some days, reversals left out. Care is posted on its day or later.
SELECT CAST(coalesce(sum(e.seconds), 0) AS bigint) AS seconds
FROM transfer t
JOIN entry e ON e.community_id = t.community_id AND e.leaf_index = t.leaf_index
JOIN account a ON a.community_id = e.community_id AND a.account_id = e.account_id
WHERE t.community_id = CAST(:community_id AS integer) AND t.kind IN ('care', 'redeem')
    AND t.recorded_at >= CAST(:from_on AS date)
    AND coalesce(t.service_on, CAST(t.recorded_at AT TIME ZONE 'UTC' AS date)) >= CAST(:from_on AS date)
    AND e.seconds > 0 AND a.kind IN ('member', 'household')
    AND NOT EXISTS (
        SELECT FROM transfer r WHERE r.community_id = t.community_id AND r.reverses_id = t.transfer_id
    )
