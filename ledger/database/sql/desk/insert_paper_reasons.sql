INSERT INTO paper_reason (community_id, round_id, decision_id, line_number, reason)
SELECT CAST(:community_id AS integer), CAST(:round_id AS uuid), u.*
FROM unnest(CAST(:decision_ids AS uuid[]), CAST(:line_numbers AS integer[]), CAST(:reasons AS text[])) AS u
