-- What has changed of balances as of a day since the log had a size: how many transfers count for it that were posted
-- since, and how many accounts there are now. Opening an account adds no leaf.
SELECT 'posted' AS what, count(*) AS count
FROM log_leaf l
CROSS JOIN LATERAL (
    SELECT service_on, recorded_at, reverses_id FROM transfer
    WHERE community_id = CAST(:community_id AS integer) AND transfer_id = l.transfer_id
    OFFSET 0
) t
LEFT JOIN LATERAL (
    SELECT service_on, recorded_at FROM transfer
    WHERE community_id = CAST(:community_id AS integer) AND transfer_id = t.reverses_id
    OFFSET 0
) o ON true
WHERE l.community_id = CAST(:community_id AS integer) AND l.leaf_index >= CAST(:tree_size AS bigint)
    AND counts_through(t.service_on, t.recorded_at, o.service_on, o.recorded_at, CAST(:through_on AS date),
        CAST(:ends_at AS timestamptz))
UNION ALL
SELECT 'accounts', count(*)
FROM balance
WHERE community_id = CAST(:community_id AS integer)
