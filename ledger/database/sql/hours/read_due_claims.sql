-- Claims that silence confirms by now, a page at a time. Whoever has left or died is not silent by choice.
SELECT o.claim_id, o.due_at
FROM open_claim o
CROSS JOIN LATERAL (
    SELECT receiver_id FROM claim
    WHERE community_id = o.community_id AND claim_id = o.claim_id
    OFFSET 0
) c
CROSS JOIN LATERAL (
    SELECT status FROM member
    WHERE community_id = o.community_id AND member_id = c.receiver_id
    OFFSET 0
) m
WHERE o.community_id = CAST(:community_id AS integer) AND o.due_at <= CAST(:now AS timestamptz)
    AND (o.due_at, o.claim_id) > (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))
    AND m.status IN ('active', 'away')
ORDER BY o.due_at, o.claim_id
LIMIT CAST(:at_most AS integer)
