UPDATE account_holder
SET until = CAST(:until AS timestamptz)
WHERE community_id = CAST(:community_id AS integer) AND account_id = CAST(:account_id AS uuid)
    AND member_id = CAST(:member_id AS uuid) AND until IS NULL
