INSERT INTO statement_run (community_id, work_id, from_on, until_on, by_email)
VALUES (CAST(:community_id AS integer), CAST(:work_id AS uuid), CAST(:from_on AS date), CAST(:until_on AS date),
    CAST(:by_email AS boolean))
