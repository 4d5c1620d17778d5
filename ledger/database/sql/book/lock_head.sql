-- The only lock of a community's writers, taken first. What a batch touches is read in later statements, which
-- see everything committed while this one waited. NO KEY, so that foreign keys to the row need not wait.
SELECT FROM log_head WHERE community_id = CAST(:community_id AS integer) FOR NO KEY UPDATE
