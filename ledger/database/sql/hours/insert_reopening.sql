INSERT INTO period_reopening (community_id, closing_number, reopened_at, reopened_by, proposed_by)
VALUES (CAST(:community_id AS integer), CAST(:closing_number AS integer), CAST(:now AS timestamptz),
    CAST(:reopened_by AS uuid), CAST(:proposed_by AS uuid))
