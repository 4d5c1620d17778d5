SELECT claim_id
FROM claim
WHERE community_id = CAST(:community_id AS integer) AND state = 'submitted' AND due_at <= CAST(:now AS timestamptz)
ORDER BY due_at
LIMIT CAST(:at_most AS integer)
