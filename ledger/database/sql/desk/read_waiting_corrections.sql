-- The corrections of a round whose dispute nobody has decided yet: the claim, and how long it is to be.
SELECT d.record_ids[1] AS record_id, d.seconds
FROM paper_line l
JOIN paper_decision d ON d.community_id = l.community_id AND d.round_id = l.round_id
    AND d.decision_id = l.decision_id
CROSS JOIN LATERAL (
    SELECT outcome FROM dispute
    WHERE community_id = CAST(:community_id AS integer) AND dispute_id = d.dispute_id
    OFFSET 0
) x
WHERE l.community_id = CAST(:community_id AS integer) AND l.round_id = CAST(:round_id AS uuid)
    AND l.state = 'decided' AND d.deed = 'correct' AND x.outcome IS NULL
