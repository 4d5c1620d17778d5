-- Steps, notes and requests to log hours without a claim; and claims that wait without a row that says so, or the
-- other way round.
SELECT 'claim_event' AS of_table, CAST(e.claim_id AS text) AS id
FROM claim_event e
LEFT JOIN claim c ON c.community_id = e.community_id AND c.claim_id = e.claim_id
WHERE e.community_id = CAST(:community_id AS integer) AND c.claim_id IS NULL
UNION ALL
SELECT 'claim_note', CAST(n.claim_id AS text)
FROM claim_note n
LEFT JOIN claim c ON c.community_id = n.community_id AND c.claim_id = n.claim_id
WHERE n.community_id = CAST(:community_id AS integer) AND c.claim_id IS NULL
UNION ALL
SELECT 'request', CAST(r.request_id AS text)
FROM request r
LEFT JOIN claim c ON c.community_id = r.community_id AND c.claim_id = r.request_id
WHERE r.community_id = CAST(:community_id AS integer) AND r.action = 'log_claims' AND r.refusal IS NULL
    AND c.claim_id IS NULL
    AND NOT EXISTS (SELECT FROM claim s WHERE s.community_id = r.community_id AND s.session_id = r.request_id)
UNION ALL
SELECT 'open_claim', CAST(coalesce(o.claim_id, c.claim_id) AS text)
FROM (
    SELECT claim_id, logged_at, due_at
    FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND state = 'submitted'
) c
FULL JOIN (
    SELECT claim_id, logged_at, due_at
    FROM open_claim
    WHERE community_id = CAST(:community_id AS integer)
) o ON o.claim_id = c.claim_id
WHERE o.claim_id IS NULL OR c.claim_id IS NULL OR o.logged_at IS DISTINCT FROM c.logged_at
    OR o.due_at IS DISTINCT FROM c.due_at
LIMIT CAST(:most AS bigint)
