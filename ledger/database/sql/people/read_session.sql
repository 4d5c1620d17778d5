-- All that is to be known of who asks, in one row for each delegation in force, or one row without.
SELECT s.session_id, s.strong_at, s.seen_at, s.member_id, c.slug, c.name, c.issuer, c.origin, r.role, own.accounts,
    d.delegation_id, d.given_at, d.represented_id, d.scopes, d.monthly_cap, d.accounts AS represented_accounts
FROM (
    -- By its key: without OFFSET 0 a new database would rather read all open sessions by their partial index.
    SELECT * FROM session
    WHERE community_id = CAST(:community_id AS integer) AND session_hash = CAST(:session_hash AS bytea)
    OFFSET 0
) s
JOIN community c ON c.community_id = s.community_id
JOIN member m ON m.community_id = s.community_id AND m.member_id = s.member_id
LEFT JOIN LATERAL (
    SELECT mr.role
    FROM member_role mr
    WHERE mr.community_id = CAST(:community_id AS integer) AND mr.member_id = s.member_id AND mr.ended_at IS NULL
    OFFSET 0
) r ON true
LEFT JOIN LATERAL (
    SELECT array_agg(h.account_id) AS accounts
    FROM account_holder h
    WHERE h.community_id = CAST(:community_id AS integer) AND h.member_id = s.member_id AND h.until IS NULL
) own ON true
LEFT JOIN LATERAL (
    SELECT g.delegation_id, g.given_at, g.member_id AS represented_id, g.scopes, g.monthly_cap, theirs.accounts
    FROM delegation g
    JOIN member t ON t.community_id = g.community_id AND t.member_id = g.member_id
    LEFT JOIN LATERAL (
        SELECT array_agg(h.account_id) AS accounts
        FROM account_holder h
        WHERE h.community_id = CAST(:community_id AS integer) AND h.member_id = g.member_id AND h.until IS NULL
    ) theirs ON true
    WHERE g.community_id = CAST(:community_id AS integer) AND g.delegate_id = s.member_id AND g.ended_at IS NULL
        AND g.from_on <= CAST(:today AS date) AND (g.until_on IS NULL OR g.until_on >= CAST(:today AS date))
        AND t.status IN ('active', 'away')
    OFFSET 0
) d ON true
WHERE s.ended_at IS NULL AND s.expires_at > CAST(:now AS timestamptz) AND s.seen_at > CAST(:idle_since AS timestamptz)
    AND m.status IN ('active', 'away')
