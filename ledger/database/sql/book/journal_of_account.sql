-- A page of the journal, the newest first, between two leaves: the transfers in which an account has an entry.
SELECT t.transfer_id
FROM entry e
CROSS JOIN LATERAL (
    SELECT transfer_id
    FROM log_leaf
    WHERE community_id = CAST(:community_id AS integer) AND leaf_index = e.leaf_index
    OFFSET 0
) l
CROSS JOIN LATERAL (
    SELECT transfer_id, kind, service_on
    FROM transfer
    WHERE community_id = CAST(:community_id AS integer) AND transfer_id = l.transfer_id
    OFFSET 0
) t
WHERE e.community_id = CAST(:community_id AS integer) AND e.account_id = CAST(:account_id AS uuid)
    AND e.leaf_index >= CAST(:first AS bigint) AND e.leaf_index < CAST(:below AS bigint)
    AND (CAST(:kind AS text) IS NULL OR t.kind = CAST(:kind AS text))
    AND (CAST(:service_from AS date) IS NULL OR t.service_on >= CAST(:service_from AS date))
    AND (CAST(:service_until AS date) IS NULL OR t.service_on <= CAST(:service_until AS date))
ORDER BY e.leaf_index DESC
LIMIT CAST(:at_most AS integer)
