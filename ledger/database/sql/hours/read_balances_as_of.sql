-- What every account stood at on the evening of a day: what it stands at, less what counts for later days. Only these
-- are read, so it costs as much as there was since, however long the history. Care is posted the day before it at the
-- earliest, by the clock of Greenwich, so what takes back care of later days was recorded within two days of the end, or
-- after it.
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
        SELECT t.leaf_index
        FROM (
            SELECT leaf_index, recorded_at, reverses_id
            FROM transfer
            WHERE community_id = CAST(:community_id AS integer) AND service_on IS NULL
                AND recorded_at >= CAST(:ends_at AS timestamptz) - interval '2 days'
            OFFSET 0
        ) t
        LEFT JOIN LATERAL (
            SELECT service_on, recorded_at
            FROM transfer
            WHERE community_id = CAST(:community_id AS integer) AND transfer_id = t.reverses_id
            OFFSET 0
        ) o ON true
        WHERE NOT counts_through(CAST(NULL AS date), t.recorded_at, o.service_on, o.recorded_at,
            CAST(:through_on AS date), CAST(:ends_at AS timestamptz))
    ) t
    CROSS JOIN LATERAL (
        SELECT account_id, seconds FROM entry
        WHERE community_id = CAST(:community_id AS integer) AND leaf_index = t.leaf_index
        OFFSET 0
    ) e
    GROUP BY e.account_id
) l ON l.account_id = b.account_id
WHERE b.community_id = CAST(:community_id AS integer)
