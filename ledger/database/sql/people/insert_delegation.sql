INSERT INTO delegation (community_id, delegation_id, member_id, delegate_id, relation, scopes, monthly_cap, from_on,
    until_on, given_by, approved_by, given_at)
VALUES (CAST(:community_id AS integer), CAST(:delegation_id AS uuid), CAST(:member_id AS uuid),
    CAST(:delegate_id AS uuid), CAST(:relation AS text), CAST(:scopes AS text[]), CAST(:monthly_cap AS bigint),
    CAST(:from_on AS date), CAST(:until_on AS date), CAST(:given_by AS uuid), CAST(:approved_by AS uuid),
    CAST(:given_at AS timestamptz))
