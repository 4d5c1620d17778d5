-- How lines stand after what was decided about them. The people are those it was decided about, where they are known.
UPDATE paper_line l
SET state = u.state, decision = u.decision, decision_id = u.decision_id, decided_at = CAST(:now AS timestamptz),
    provider_ids = CASE WHEN u.provider_id IS NULL THEN l.provider_ids ELSE ARRAY[u.provider_id] END,
    receiver_ids = CASE WHEN u.receiver_id IS NULL THEN l.receiver_ids ELSE ARRAY[u.receiver_id] END
FROM unnest(CAST(:line_numbers AS integer[]), CAST(:states AS text[]), CAST(:decisions AS text[]),
    CAST(:decision_ids AS uuid[]), CAST(:provider_ids AS uuid[]), CAST(:receiver_ids AS uuid[]))
    AS u (line_number, state, decision, decision_id, provider_id, receiver_id)
WHERE l.community_id = CAST(:community_id AS integer) AND l.round_id = CAST(:round_id AS uuid)
    AND l.line_number = u.line_number AND l.line_number = ANY (CAST(:line_numbers AS integer[]))
