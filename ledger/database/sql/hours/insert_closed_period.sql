INSERT INTO closed_period (community_id, closing_number, through_on, closed_at, closed_by, event_id, recorded_event_id,
    ends_at, tree_size, account_count, root)
VALUES (CAST(:community_id AS integer), CAST(:closing_number AS integer), CAST(:through_on AS date),
    CAST(:now AS timestamptz), CAST(:closed_by AS uuid), CAST(:event_id AS uuid), CAST(:recorded_event_id AS uuid),
    CAST(:ends_at AS timestamptz), CAST(:tree_size AS bigint), CAST(:account_count AS bigint), CAST(:root AS bytea))
