DELETE FROM open_hold o
USING unnest(CAST(:account_ids AS uuid[]), CAST(:hold_ids AS uuid[])) AS u (account_id, hold_id)
WHERE o.community_id = CAST(:community_id AS integer) AND o.account_id = u.account_id AND o.hold_id = u.hold_id
    AND o.account_id = ANY(CAST(:account_ids AS uuid[]))
