-- A block of entries in the order of the log, for COPY. Through entry_leaf_key: nothing is sorted.
SELECT account_id, entry_number, leaf_index, place, seconds, balance_after, digest
FROM entry
WHERE community_id = CAST(:community_id AS integer)
    AND leaf_index >= CAST(:first AS bigint) AND leaf_index < CAST(:end AS bigint)
ORDER BY leaf_index, place
