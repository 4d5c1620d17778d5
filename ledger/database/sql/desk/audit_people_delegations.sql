-- Every delegation, ended ones too.
SELECT CAST(delegation_id AS text) AS delegation_id, CAST(member_id AS text) AS member_id,
    CAST(delegate_id AS text) AS delegate_id, relation, CAST(scopes AS text) AS scopes,
    CAST(monthly_cap AS text) AS monthly_cap, CAST(from_on AS text) AS from_on, CAST(until_on AS text) AS until_on,
    CAST(given_at AS text) AS given_at, CAST(ended_at AS text) AS ended_at, CAST(ended_by AS text) AS ended_by
FROM delegation
WHERE community_id = CAST(:community_id AS integer)
