INSERT INTO paper_decision (community_id, round_id, at, by_id, decision_id, line_number, deed, seconds, made_id,
    dispute_id, record_ids, paid_ids)
SELECT CAST(:community_id AS integer), CAST(:round_id AS uuid), CAST(:now AS timestamptz), CAST(:by_id AS uuid),
    u.decision_id, u.line_number, u.deed, u.seconds, u.made_id, u.dispute_id,
    CAST(string_to_array(u.records, ' ') AS uuid[]), CAST(string_to_array(u.paid, ' ') AS uuid[])
FROM unnest(CAST(:decision_ids AS uuid[]), CAST(:line_numbers AS integer[]), CAST(:deeds AS text[]),
    CAST(:seconds AS bigint[]), CAST(:made_ids AS uuid[]), CAST(:dispute_ids AS uuid[]), CAST(:records AS text[]),
    CAST(:paid AS text[])) AS u (decision_id, line_number, deed, seconds, made_id, dispute_id, records, paid)
