-- Every account with its balance, secret and the request that opened it; also the balances and secrets that
-- belong to no account. Timestamps as text: the audit must be able to read whatever stands there.
SELECT coalesce(a.account_id, b.account_id, s.account_id) AS account_id,
    a.account_id IS NOT NULL AS is_account, a.kind, a.code, a.peer_slug, CAST(a.opened_at AS text) AS opened_at, n.name,
    b.account_id IS NOT NULL AS is_balance, b.balance, b.held, b.floor, b.ceiling, b.entry_count, b.limits_count,
    b.closed, s.account_id IS NOT NULL AS is_secret, s.secret,
    r.action, r.fingerprint, r.refusal, CAST(r.answered_at AS text) AS answered_at
FROM (SELECT * FROM account WHERE community_id = CAST(:community_id AS integer)) a
FULL JOIN (SELECT * FROM balance WHERE community_id = CAST(:community_id AS integer)) b ON b.account_id = a.account_id
FULL JOIN (SELECT * FROM account_secret WHERE community_id = CAST(:community_id AS integer)) s
    ON s.account_id = coalesce(a.account_id, b.account_id)
LEFT JOIN account_name n ON n.community_id = a.community_id AND n.account_id = a.account_id
LEFT JOIN request r ON r.community_id = a.community_id AND r.request_id = a.account_id
