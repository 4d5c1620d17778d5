-- Every account with how it stands. A member's own has no name: it is called by its holder's.
SELECT a.code, a.kind, coalesce(n.name, h.name) AS name, b.balance AS balance_seconds, b.held AS held_seconds,
    b.floor AS floor_seconds, b.ceiling AS ceiling_seconds, b.entry_count AS entries, b.closed, a.opened_at,
    a.peer_slug AS peer, a.account_id
FROM account a
JOIN balance b ON b.community_id = a.community_id AND b.account_id = a.account_id
LEFT JOIN account_name n ON n.community_id = a.community_id AND n.account_id = a.account_id
LEFT JOIN LATERAL (
    SELECT string_agg(p.name, ', ' ORDER BY o.since, o.member_id) AS name
    FROM account_holder o
    JOIN person p ON p.community_id = o.community_id AND p.member_id = o.member_id
    WHERE o.community_id = a.community_id AND o.account_id = a.account_id AND o.until IS NULL
) h ON true
WHERE a.community_id = CAST(:community_id AS integer)
ORDER BY a.code
