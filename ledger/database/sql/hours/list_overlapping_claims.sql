-- A page of the claims that overlap another and that no co-ordinator has looked at, the newest first.
SELECT c.claim_id, c.logged_at
FROM claim c
WHERE c.community_id = CAST(:community_id AS integer)
    AND c.claim_id IN (
        SELECT o.claim_id FROM claim_overlap o
        WHERE o.community_id = CAST(:community_id AS integer) AND o.seen_at IS NULL
    )
    AND (CAST(:state AS text) IS NULL OR c.state = CAST(:state AS text))
    AND (CAST(:member_id AS uuid) IS NULL OR CAST(:member_id AS uuid) IN (c.provider_id, c.receiver_id))
    AND (CAST(:due_by AS timestamptz) IS NULL OR c.due_at < CAST(:due_by AS timestamptz))
    AND (CAST(:from_on AS date) IS NULL OR c.service_on >= CAST(:from_on AS date))
    AND (CAST(:until_on AS date) IS NULL OR c.service_on <= CAST(:until_on AS date))
    AND (CAST(:after_at AS timestamptz) IS NULL
        OR (c.logged_at, c.claim_id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
ORDER BY c.logged_at DESC, c.claim_id DESC
LIMIT CAST(:at_most AS integer)
