-- What is set aside still: on these accounts, and by these requests for care wherever they set it aside.
SELECT hold_id
FROM open_hold
WHERE community_id = CAST(:community_id AS integer) AND account_id = ANY(CAST(:account_ids AS uuid[]))
    AND expires_at > CAST(:now AS timestamptz)
UNION
SELECT o.hold_id
FROM unnest(CAST(:payer_account_ids AS uuid[]), CAST(:hold_ids AS uuid[])) AS asked (account_id, hold_id)
CROSS JOIN LATERAL (
    SELECT hold_id
    FROM open_hold
    WHERE community_id = CAST(:community_id AS integer) AND account_id = asked.account_id
        AND hold_id = asked.hold_id AND expires_at > CAST(:now AS timestamptz)
    OFFSET 0
) o
ORDER BY hold_id
