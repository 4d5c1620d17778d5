INSERT INTO closed_period (community_id, through_on, closed_at, closed_by)
VALUES (CAST(:community_id AS integer), CAST(:through_on AS date), CAST(:now AS timestamptz),
    CAST(:closed_by AS uuid))
