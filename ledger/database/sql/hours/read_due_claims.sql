-- Claims that silence confirms by now, a page at a time.
SELECT claim_id, due_at
FROM open_claim
WHERE community_id = CAST(:community_id AS integer) AND due_at <= CAST(:now AS timestamptz)
    AND (due_at, claim_id) > (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))
ORDER BY due_at, claim_id
LIMIT CAST(:at_most AS integer)
