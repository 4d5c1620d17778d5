SELECT e.kind, e.at, e.by_id, e.via, e.for_member_id, e.transfer_id, e.credited_seconds,
    e.paid_seconds, r.reason
FROM claim_event e
LEFT JOIN claim_reason r
    ON r.community_id = e.community_id AND r.claim_id = e.claim_id AND r.event_number = e.event_number
WHERE e.community_id = CAST(:community_id AS integer) AND e.claim_id = CAST(:claim_id AS uuid)
ORDER BY e.event_number
