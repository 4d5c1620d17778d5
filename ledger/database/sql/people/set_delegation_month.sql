-- The sum is set, not added to: it was read and compared with the cap while the head was locked.
INSERT INTO delegation_month (community_id, delegation_id, month, seconds)
VALUES (CAST(:community_id AS integer), CAST(:delegation_id AS uuid), CAST(:month AS date),
    CAST(:seconds AS bigint))
ON CONFLICT ON CONSTRAINT delegation_month_pkey DO UPDATE SET seconds = excluded.seconds
