-- A page of the journal, the newest first, between two leaves: the transfers for care on certain days. Each day gives
-- a page at most, so that years of them are not put in order.
SELECT t.transfer_id
FROM (
    SELECT CAST(generate_series(
        greatest(CAST(:service_from AS date), min(service_on)),
        least(CAST(:service_until AS date), max(service_on)),
        interval '1 day') AS date) AS day
    FROM transfer
    WHERE community_id = CAST(:community_id AS integer) AND service_on IS NOT NULL
) d
CROSS JOIN LATERAL (
    SELECT transfer_id, leaf_index
    FROM transfer
    WHERE community_id = CAST(:community_id AS integer) AND service_on = d.day
        AND leaf_index >= CAST(:first AS bigint) AND leaf_index < CAST(:below AS bigint)
        AND (CAST(:kind AS text) IS NULL OR kind = CAST(:kind AS text))
    ORDER BY leaf_index DESC
    LIMIT CAST(:at_most AS integer)
) t
ORDER BY t.leaf_index DESC
LIMIT CAST(:at_most AS integer)
