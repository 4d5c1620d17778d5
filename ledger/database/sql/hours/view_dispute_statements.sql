SELECT dispute_id, member_id, side, made_at, statement
FROM dispute_statement
WHERE community_id = CAST(:community_id AS integer) AND dispute_id = ANY(CAST(:dispute_ids AS uuid[]))
ORDER BY dispute_id, statement_number
