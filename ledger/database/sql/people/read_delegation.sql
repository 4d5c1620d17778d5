-- A delegation with what was spent under it in a month, and how its two members stand.
SELECT d.delegation_id, d.member_id, d.delegate_id, d.relation, d.scopes, d.monthly_cap, d.from_on, d.until_on,
    d.given_by, d.approved_by, d.given_at, d.ended_at, m.status AS member_status, g.status AS delegate_status,
    coalesce(s.seconds, 0) AS spent
FROM delegation d
JOIN member m ON m.community_id = d.community_id AND m.member_id = d.member_id
JOIN member g ON g.community_id = d.community_id AND g.member_id = d.delegate_id
LEFT JOIN delegation_month s
    ON s.community_id = d.community_id AND s.delegation_id = d.delegation_id AND s.month = CAST(:month AS date)
WHERE d.community_id = CAST(:community_id AS integer) AND d.delegation_id = CAST(:delegation_id AS uuid)
