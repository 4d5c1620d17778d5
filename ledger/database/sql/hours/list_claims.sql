-- A page of all claims, the newest first.
SELECT claim_id, logged_at
FROM claim
WHERE community_id = CAST(:community_id AS integer)
    AND (CAST(:state AS text) IS NULL OR state = CAST(:state AS text))
    AND (CAST(:after_at AS timestamptz) IS NULL
        OR (logged_at, claim_id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
ORDER BY logged_at DESC, claim_id DESC
LIMIT CAST(:at_most AS integer)
