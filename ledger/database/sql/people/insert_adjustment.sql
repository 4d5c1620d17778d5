INSERT INTO adjustment (community_id, member_id, adjusted_at, transfer_id, seconds)
VALUES (CAST(:community_id AS integer), CAST(:member_id AS uuid), CAST(:adjusted_at AS timestamptz),
    CAST(:transfer_id AS uuid), CAST(:seconds AS bigint))
