-- Claims and transfers as far as a paper line is held against them. Of a transfer between two accounts, their holders.
SELECT asked.record_id, 'claim' AS kind, c.state, c.provider_id, c.receiver_id, c.service_on,
    coalesce(d.corrected_seconds, c.recorded_seconds) AS seconds, c.activity, c.care_request_id
FROM unnest(CAST(:record_ids AS uuid[])) AS asked (record_id)
CROSS JOIN LATERAL (
    SELECT * FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = asked.record_id
    OFFSET 0
) c
LEFT JOIN LATERAL (
    SELECT corrected_seconds FROM dispute
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = asked.record_id AND outcome = 'corrected'
    ORDER BY event_number DESC
    LIMIT 1
) d ON true
UNION ALL
SELECT asked.record_id, 'transfer', 'posted', theirs.member_id, ours.member_id, t.service_on, payee.seconds, '', NULL
FROM unnest(CAST(:record_ids AS uuid[])) AS asked (record_id)
CROSS JOIN LATERAL (
    SELECT leaf_index, service_on FROM transfer
    WHERE community_id = CAST(:community_id AS integer) AND transfer_id = asked.record_id
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
