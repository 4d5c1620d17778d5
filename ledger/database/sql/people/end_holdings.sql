UPDATE account_holder
SET until = CAST(:now AS timestamptz)
WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid) AND until IS NULL
