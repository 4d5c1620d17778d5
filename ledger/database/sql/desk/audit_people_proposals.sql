-- Every proposal, with the hash of what it says.
SELECT CAST(proposal_id AS text) AS proposal_id, action, encode(sha256(convert_to(body, 'UTF8')), 'hex') AS body,
    CAST(member_id AS text) AS member_id, CAST(proposed_by AS text) AS proposed_by,
    CAST(proposed_at AS text) AS proposed_at
FROM proposal
WHERE community_id = CAST(:community_id AS integer)
