-- Proposals, the newest first, a page at a time after one of them: those that wait for a decision, or all.
SELECT p.proposal_id, p.action, p.body, p.member_id, p.proposed_by, p.proposed_at, p.expires_at, d.outcome,
    d.decided_by, d.decided_at, n.note
FROM proposal p
LEFT JOIN proposal last ON last.community_id = p.community_id AND last.proposal_id = CAST(:after AS uuid)
LEFT JOIN proposal_decision d ON d.community_id = p.community_id AND d.proposal_id = p.proposal_id
LEFT JOIN proposal_note n ON n.community_id = p.community_id AND n.proposal_id = p.proposal_id
WHERE p.community_id = CAST(:community_id AS integer)
    AND (CAST(:after AS uuid) IS NULL
        OR (p.expires_at, p.proposal_id) < (last.expires_at, last.proposal_id))
    AND (CAST(:open_at AS timestamptz) IS NULL
        OR d.outcome IS NULL AND p.expires_at > CAST(:open_at AS timestamptz))
ORDER BY p.expires_at DESC, p.proposal_id DESC
LIMIT CAST(:at_most AS integer)
