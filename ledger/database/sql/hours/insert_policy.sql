INSERT INTO policy (community_id, version, in_force_from, source, rules, applied_at, applied_by)
VALUES (CAST(:community_id AS integer), CAST(:version AS integer), CAST(:from_on AS date), CAST(:source AS text),
    CAST(:rules AS text), CAST(:now AS timestamptz), CAST(:applied_by AS uuid))
