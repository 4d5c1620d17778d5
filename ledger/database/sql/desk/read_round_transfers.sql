-- The transfers for care of a span of days that pay no claim and were not reversed.
SELECT t.transfer_id
FROM (
    SELECT transfer_id
    FROM transfer
    WHERE community_id = CAST(:community_id AS integer)
        AND service_on BETWEEN CAST(:from_on AS date) AND CAST(:until_on AS date)
        AND kind IN ('care', 'redeem', 'import')
    OFFSET 0
) t
WHERE NOT EXISTS (
        SELECT FROM claim_event
        WHERE community_id = CAST(:community_id AS integer) AND transfer_id = t.transfer_id
        OFFSET 0)
    AND NOT EXISTS (
        SELECT FROM transfer
        WHERE community_id = CAST(:community_id AS integer) AND reverses_id = t.transfer_id
        OFFSET 0)
