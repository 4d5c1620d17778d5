SELECT p.proposal_id, p.action, p.body, p.member_id, p.proposed_by, p.proposed_at, p.expires_at, d.outcome,
    d.decided_by, d.decided_at, n.note
FROM proposal p
LEFT JOIN proposal_decision d ON d.community_id = p.community_id AND d.proposal_id = p.proposal_id
LEFT JOIN proposal_note n ON n.community_id = p.community_id AND n.proposal_id = p.proposal_id
WHERE p.community_id = CAST(:community_id AS integer) AND p.proposal_id = CAST(:proposal_id AS uuid)
