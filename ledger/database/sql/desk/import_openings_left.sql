-- The accounts an import opened that are open still, and the member enrolled with each; with what stands in the way of
-- closing them. A member who is here leaves a trace by anything that was done with them since they were enrolled.
SELECT o.account_id, a.code, b.balance, b.held, o.member_id, m.member_number, m.status, m.change_count, m.frail,
    m.status NOT IN ('left', 'died') AND (
        EXISTS (SELECT FROM event v WHERE v.community_id = o.community_id AND v.member_id = o.member_id
            AND v.kind <> 'member_enrolled')
        OR EXISTS (SELECT FROM session s WHERE s.community_id = o.community_id AND s.member_id = o.member_id)
        OR EXISTS (SELECT FROM claim c WHERE c.community_id = o.community_id AND c.provider_id = o.member_id)
        OR EXISTS (SELECT FROM claim c WHERE c.community_id = o.community_id AND c.receiver_id = o.member_id)
    ) AS has_traces
FROM import_opening o
JOIN account a ON a.community_id = o.community_id AND a.account_id = o.account_id
JOIN balance b ON b.community_id = o.community_id AND b.account_id = o.account_id
LEFT JOIN member m ON m.community_id = o.community_id AND m.member_id = o.member_id
WHERE o.community_id = CAST(:community_id AS integer) AND o.import_id = CAST(:import_id AS uuid) AND NOT b.closed
ORDER BY a.code
