-- Every dispute, with its sides and its outcome.
SELECT d.opened_at, d.opened_side, d.deadline_on, d.outcome, d.resolved_at, g.name AS provider, r.name AS receiver,
    d.corrected_seconds, d.claim_id, d.dispute_id
FROM dispute d
LEFT JOIN person g ON g.community_id = d.community_id AND g.member_id = d.provider_id
LEFT JOIN person r ON r.community_id = d.community_id AND r.member_id = d.receiver_id
WHERE d.community_id = CAST(:community_id AS integer)
ORDER BY d.opened_at, d.dispute_id
