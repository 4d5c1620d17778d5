-- One account as it stands now. A hold past its deadline no longer counts, whether or not it has been resolved.
SELECT a.account_id, a.kind, a.code, a.peer_slug, a.opened_at, n.name, b.balance, b.floor, b.ceiling,
    b.entry_count, b.limits_count, b.closed, b.held - coalesce(late.seconds, 0) AS held
FROM account a
JOIN balance b ON b.community_id = a.community_id AND b.account_id = a.account_id
LEFT JOIN account_name n ON n.community_id = a.community_id AND n.account_id = a.account_id
LEFT JOIN (
    SELECT CAST(sum(o.seconds) AS bigint) AS seconds
    FROM open_hold o
    WHERE o.community_id = CAST(:community_id AS integer) AND o.account_id = CAST(:account_id AS uuid)
        AND o.expires_at <= CAST(:now AS timestamptz)
) late ON true
WHERE a.community_id = CAST(:community_id AS integer) AND a.account_id = CAST(:account_id AS uuid)
