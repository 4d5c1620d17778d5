-- A page of the claims that wait for an answer, the newest first.
SELECT claim_id, logged_at
FROM open_claim
WHERE community_id = CAST(:community_id AS integer)
    AND (CAST(:after_at AS timestamptz) IS NULL
        OR (logged_at, claim_id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
ORDER BY logged_at DESC, claim_id DESC
LIMIT CAST(:at_most AS integer)
