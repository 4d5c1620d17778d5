-- A page of the claims that some members have a part in, the newest first.
SELECT claim_id, logged_at
FROM (
    SELECT claim_id, logged_at, state, service_on, due_at FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND provider_id = ANY(CAST(:member_ids AS uuid[]))
    UNION
    SELECT claim_id, logged_at, state, service_on, due_at FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND receiver_id = ANY(CAST(:member_ids AS uuid[]))
) c
WHERE (CAST(:state AS text) IS NULL OR state = CAST(:state AS text))
    AND (CAST(:due_by AS timestamptz) IS NULL OR due_at < CAST(:due_by AS timestamptz))
    AND (CAST(:from_on AS date) IS NULL OR service_on >= CAST(:from_on AS date))
    AND (CAST(:until_on AS date) IS NULL OR service_on <= CAST(:until_on AS date))
    AND (CAST(:after_at AS timestamptz) IS NULL
        OR (logged_at, claim_id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
ORDER BY logged_at DESC, claim_id DESC
LIMIT CAST(:at_most AS integer)
