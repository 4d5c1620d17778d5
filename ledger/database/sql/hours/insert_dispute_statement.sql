-- Numbered in the order in which they were made: the head is locked, so nobody else counts at the same time.
INSERT INTO dispute_statement (community_id, dispute_id, statement_number, member_id, side, made_at, statement)
SELECT CAST(:community_id AS integer), CAST(:dispute_id AS uuid), coalesce(max(statement_number), 0) + 1,
    CAST(:member_id AS uuid), CAST(:side AS text), CAST(:now AS timestamptz), CAST(:statement AS text)
FROM dispute_statement
WHERE community_id = CAST(:community_id AS integer) AND dispute_id = CAST(:dispute_id AS uuid)
