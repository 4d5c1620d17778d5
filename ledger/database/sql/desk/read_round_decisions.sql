-- All that a round's record rests on, without a word of what was written.
SELECT l.line_number, d.deed AS decision, l.decision AS standing, l.service_on, l.seconds, d.decision_id, d.at, d.by_id, d.seconds AS decided_seconds,
    d.made_id, d.dispute_id, d.record_ids, d.paid_ids
FROM paper_line l
JOIN paper_decision d ON d.community_id = l.community_id AND d.round_id = l.round_id
    AND d.decision_id = l.decision_id
WHERE l.community_id = CAST(:community_id AS integer) AND l.round_id = CAST(:round_id AS uuid)
ORDER BY l.line_number
