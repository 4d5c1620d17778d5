-- What every account stood at on the evening of a day: what it stands at, less what counts for later days. Only these
-- are read, so it costs as much as there was since, however long the history.
SELECT b.account_id, s.secret, b.balance - coalesce(l.seconds, 0) AS balance,
    b.entry_count - coalesce(l.entries, 0) AS entry_count
FROM balance b
LEFT JOIN account_secret s ON s.community_id = b.community_id AND s.account_id = b.account_id
LEFT JOIN (
    SELECT e.account_id, CAST(sum(e.seconds) AS bigint) AS seconds, count(*) AS entries
    FROM (
        SELECT leaf_index
        FROM transfer
        WHERE community_id = CAST(:community_id AS integer) AND service_on > CAST(:through_on AS date)
        UNION ALL
        SELECT leaf_index
        FROM transfer
        WHERE community_id = CAST(:community_id AS integer) AND recorded_at >= CAST(:ends_at AS timestamptz)
            AND service_on IS NULL
    ) t
    CROSS JOIN LATERAL (
        SELECT account_id, seconds FROM entry
        WHERE community_id = CAST(:community_id AS integer) AND leaf_index = t.leaf_index
        OFFSET 0
    ) e
    GROUP BY e.account_id
) l ON l.account_id = b.account_id
WHERE b.community_id = CAST(:community_id AS integer)
