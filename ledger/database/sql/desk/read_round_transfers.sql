-- The transfers for care of a span of days that pay no claim and were not reversed, each between two accounts of one
-- person each.
SELECT t.transfer_id, t.service_on, payee.seconds, theirs.member_id AS provider_id, ours.member_id AS receiver_id
FROM (
    SELECT transfer_id, leaf_index, service_on
    FROM transfer
    WHERE community_id = CAST(:community_id AS integer)
        AND service_on BETWEEN CAST(:from_on AS date) AND CAST(:until_on AS date)
        AND kind IN ('care', 'redeem', 'import')
    OFFSET 0
) t
JOIN entry payee ON payee.community_id = CAST(:community_id AS integer) AND payee.leaf_index = t.leaf_index
    AND payee.seconds > 0
JOIN entry payer ON payer.community_id = CAST(:community_id AS integer) AND payer.leaf_index = t.leaf_index
    AND payer.seconds = -payee.seconds
CROSS JOIN LATERAL (
    SELECT CAST(min(CAST(member_id AS text)) AS uuid) AS member_id
    FROM account_holder
    WHERE community_id = CAST(:community_id AS integer) AND account_id = payee.account_id
    HAVING count(DISTINCT member_id) = 1
) theirs
CROSS JOIN LATERAL (
    SELECT CAST(min(CAST(member_id AS text)) AS uuid) AS member_id
    FROM account_holder
    WHERE community_id = CAST(:community_id AS integer) AND account_id = payer.account_id
    HAVING count(DISTINCT member_id) = 1
) ours
WHERE NOT EXISTS (
        SELECT FROM claim_event
        WHERE community_id = CAST(:community_id AS integer) AND transfer_id = t.transfer_id
        OFFSET 0)
    AND NOT EXISTS (
        SELECT FROM transfer
        WHERE community_id = CAST(:community_id AS integer) AND reverses_id = t.transfer_id
        OFFSET 0)
