-- What became of proposals.
SELECT CAST(proposal_id AS text) AS proposal_id, CAST(proposed_by AS text) AS proposed_by, outcome,
    CAST(decided_by AS text) AS decided_by, CAST(decided_at AS text) AS decided_at
FROM proposal_decision
WHERE community_id = CAST(:community_id AS integer)
