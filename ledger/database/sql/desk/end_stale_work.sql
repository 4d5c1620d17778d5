-- Ends what nobody is at any more, when it was last seen.
UPDATE work
SET finished_at = seen_at
WHERE community_id = CAST(:community_id AS integer) AND kind = CAST(:kind AS text) AND finished_at IS NULL
    AND seen_at <= now() - CAST(:stale_after AS interval)
