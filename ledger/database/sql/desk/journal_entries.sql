-- All entries in the order they were posted, each with its transfer. The leaf leads to the transfer, because
-- both it and the entries have a key that begins with the place in the log. What reverses has the day of what it
-- reverses, as in closings (`counts_through`).
SELECT e.leaf_index, t.transfer_id, t.kind, CAST(t.recorded_at AT TIME ZONE CAST(:zone AS text) AS date) AS recorded_on,
    coalesce(t.service_on, o.service_on,
        CAST(coalesce(o.recorded_at, t.recorded_at) AT TIME ZONE CAST(:zone AS text) AS date)) AS counts_on,
    t.reverses_id, e.account_id, e.seconds
FROM entry e
JOIN log_leaf l ON l.community_id = e.community_id AND l.leaf_index = e.leaf_index
JOIN transfer t ON t.community_id = l.community_id AND t.transfer_id = l.transfer_id
LEFT JOIN LATERAL (
    SELECT service_on, recorded_at
    FROM transfer
    WHERE community_id = CAST(:community_id AS integer) AND transfer_id = t.reverses_id
    OFFSET 0
) o ON true
WHERE e.community_id = CAST(:community_id AS integer)
ORDER BY e.leaf_index, e.place
