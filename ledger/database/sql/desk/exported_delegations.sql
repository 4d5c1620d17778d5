-- Who acts or acted for whom.
SELECT m.name AS member, d.name AS delegate, g.relation, array_to_string(g.scopes, ' ') AS scopes,
    g.monthly_cap AS monthly_cap_seconds, g.from_on, g.until_on, g.given_at, g.ended_at, g.delegation_id
FROM delegation g
LEFT JOIN person m ON m.community_id = g.community_id AND m.member_id = g.member_id
LEFT JOIN person d ON d.community_id = g.community_id AND d.member_id = g.delegate_id
WHERE g.community_id = CAST(:community_id AS integer)
ORDER BY g.given_at, g.delegation_id
