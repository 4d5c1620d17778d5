-- Ends it: with an outcome, with why it failed, or with neither when it was interrupted.
UPDATE work
SET finished_at = now(), done = CAST(:done AS bigint), total = CAST(:total AS bigint),
    outcome = CAST(CAST(:outcome AS text) AS jsonb), failed = CAST(:failed AS text)
WHERE community_id = CAST(:community_id AS integer) AND work_id = CAST(:work_id AS uuid) AND finished_at IS NULL
