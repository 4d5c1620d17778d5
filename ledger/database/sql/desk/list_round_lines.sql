-- A page of the lines of a round in their order, each with what was decided about it.
SELECT l.line_number, l.row_number, l.provider_name, l.receiver_name, l.service_on, l.seconds, l.from_time, l.to_time,
    l.activity, l.note, l.reference, l.problem, l.problem_column, l.provider_ids, l.receiver_ids, l.grade, l.reasons,
    l.state, l.decision, l.decision_id, l.decided_at,
    d.at, d.by_id, d.seconds AS decided_seconds, d.made_id, d.dispute_id, d.record_ids, d.paid_ids, r.reason
FROM paper_line l
LEFT JOIN paper_decision d ON d.community_id = l.community_id AND d.round_id = l.round_id
    AND d.decision_id = l.decision_id
LEFT JOIN paper_reason r ON r.community_id = l.community_id AND r.round_id = l.round_id
    AND r.decision_id = l.decision_id
WHERE l.community_id = CAST(:community_id AS integer) AND l.round_id = CAST(:round_id AS uuid)
    AND l.line_number > CAST(:after AS integer)
    AND (CAST(:state AS text) IS NULL OR l.state = CAST(:state AS text))
    AND (CAST(:grade AS text) IS NULL OR l.grade = CAST(:grade AS text))
    AND (CAST(:deed AS text) IS NULL OR l.decision = CAST(:deed AS text))
    AND (CAST(:unread AS boolean) IS NULL OR (l.problem IS NOT NULL) = CAST(:unread AS boolean))
ORDER BY l.line_number
LIMIT CAST(:at_most AS integer)
