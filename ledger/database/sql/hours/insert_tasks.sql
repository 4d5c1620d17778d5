-- The same thing is not told twice while nobody has looked.
INSERT INTO task (community_id, made_at, task_id, kind, member_id, account_id, balance)
SELECT CAST(:community_id AS integer), CAST(:now AS timestamptz), u.*
FROM unnest(CAST(:task_ids AS uuid[]), CAST(:kinds AS text[]), CAST(:member_ids AS uuid[]),
    CAST(:account_ids AS uuid[]), CAST(:balances AS bigint[])) AS u
ON CONFLICT (community_id, account_id, kind) WHERE done_at IS NULL DO NOTHING
