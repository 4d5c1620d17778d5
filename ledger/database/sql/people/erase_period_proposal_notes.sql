-- The same as the member proposed it.
DELETE FROM proposal_note n
USING proposal p
WHERE n.community_id = CAST(:community_id AS integer) AND p.community_id = n.community_id
    AND p.proposal_id = n.proposal_id AND p.proposed_by = CAST(:member_id AS uuid)
    AND p.action IN ('period', 'reopening')
RETURNING n.proposal_id AS request_id
