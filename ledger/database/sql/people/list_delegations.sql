-- The delegations a member gave and those they were given, with what was spent in a month: first those that were
-- not ended, newest first. Nobody is their own delegate, so none comes twice.
SELECT d.delegation_id, d.member_id, d.delegate_id, d.relation, d.scopes, d.monthly_cap, d.from_on, d.until_on,
    d.given_by, d.approved_by, d.given_at, d.ended_at, m.status AS member_status, g.status AS delegate_status,
    coalesce(s.seconds, 0) AS spent
FROM (
    SELECT *
    FROM delegation
    WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid)
    UNION ALL
    SELECT *
    FROM delegation
    WHERE community_id = CAST(:community_id AS integer) AND delegate_id = CAST(:member_id AS uuid)
) d
JOIN member m ON m.community_id = d.community_id AND m.member_id = d.member_id
JOIN member g ON g.community_id = d.community_id AND g.member_id = d.delegate_id
LEFT JOIN delegation_month s
    ON s.community_id = d.community_id AND s.delegation_id = d.delegation_id AND s.month = CAST(:month AS date)
ORDER BY d.ended_at IS NOT NULL, d.given_at DESC, d.delegation_id
LIMIT CAST(:at_most AS integer)
