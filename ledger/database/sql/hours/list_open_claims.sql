-- A page of the claims that wait for an answer, the newest first; with `due_by` those that silence confirms before it.
SELECT o.claim_id, o.logged_at
FROM open_claim o
CROSS JOIN LATERAL (
    SELECT service_on FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = o.claim_id
    OFFSET 0
) c
WHERE o.community_id = CAST(:community_id AS integer)
    AND (CAST(:due_by AS timestamptz) IS NULL OR o.due_at < CAST(:due_by AS timestamptz))
    AND (CAST(:from_on AS date) IS NULL OR c.service_on >= CAST(:from_on AS date))
    AND (CAST(:until_on AS date) IS NULL OR c.service_on <= CAST(:until_on AS date))
    AND (CAST(:after_at AS timestamptz) IS NULL
        OR (o.logged_at, o.claim_id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
ORDER BY o.logged_at DESC, o.claim_id DESC
LIMIT CAST(:at_most AS integer)
