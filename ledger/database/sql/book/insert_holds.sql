INSERT INTO hold (community_id, placed_at, hold_id, account_id, seconds, expires_at)
SELECT CAST(:community_id AS integer), CAST(:placed_at AS timestamptz), u.*
FROM unnest(CAST(:hold_ids AS uuid[]), CAST(:account_ids AS uuid[]), CAST(:seconds AS bigint[]),
    CAST(:deadlines AS timestamptz[])) AS u
