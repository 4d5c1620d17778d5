-- A page of the journal, the newest first, between two leaves; of one kind when that is asked for.
SELECT t.transfer_id
FROM log_leaf l
CROSS JOIN LATERAL (
    SELECT transfer_id, kind
    FROM transfer
    WHERE community_id = CAST(:community_id AS integer) AND transfer_id = l.transfer_id
    OFFSET 0
) t
WHERE l.community_id = CAST(:community_id AS integer)
    AND l.leaf_index >= CAST(:first AS bigint) AND l.leaf_index < CAST(:below AS bigint)
    AND (CAST(:kind AS text) IS NULL OR t.kind = CAST(:kind AS text))
ORDER BY l.leaf_index DESC
LIMIT CAST(:at_most AS integer)
