-- A page of the journal, the newest first, between two leaves: the transfers of one kind, any but care; those in which
-- an account has an entry, when that is asked for.
SELECT t.transfer_id
FROM transfer t
WHERE t.community_id = CAST(:community_id AS integer) AND t.kind = CAST(:kind AS text) AND t.kind <> 'care'
    AND t.leaf_index >= CAST(:first AS bigint) AND t.leaf_index < CAST(:below AS bigint)
    AND (CAST(:service_from AS date) IS NULL OR t.service_on >= CAST(:service_from AS date))
    AND (CAST(:service_until AS date) IS NULL OR t.service_on <= CAST(:service_until AS date))
    -- A value and not EXISTS, of which the planner might make a table of all the account's entries.
    AND (CAST(:account_id AS uuid) IS NULL OR (
        SELECT e.place
        FROM entry e
        WHERE e.community_id = CAST(:community_id AS integer) AND e.account_id = CAST(:account_id AS uuid)
            AND e.leaf_index = t.leaf_index) IS NOT NULL)
ORDER BY t.leaf_index DESC
LIMIT CAST(:at_most AS integer)
