-- The transfers of a block of leaves, for COPY. Their order in transfer_recorded_key is that of the log unless
-- somebody changed one, and reading them through it costs a fifth of a look-up by id for each leaf.
SELECT leaf_index, transfer_id, recorded_at, fingerprint, kind, service_on, reverses_id, hold_id, note_digest, via,
    author_digest
FROM transfer
WHERE community_id = CAST(:community_id AS integer)
    AND (recorded_at, leaf_index) >= (CAST(CAST(:recorded_from AS text) AS timestamptz), CAST(:first AS bigint))
    AND (recorded_at, leaf_index) < (CAST(CAST(:recorded_to AS text) AS timestamptz), CAST(:end AS bigint))
    AND leaf_index >= CAST(:first AS bigint) AND leaf_index < CAST(:end AS bigint)
ORDER BY recorded_at, leaf_index
LIMIT CAST(:most AS bigint)
