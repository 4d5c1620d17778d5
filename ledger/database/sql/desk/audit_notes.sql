-- The private notes of a block of transfers, for COPY; see audit_transfers.
SELECT t.leaf_index, n.salt, n.note
FROM transfer t
JOIN transfer_note n ON n.community_id = t.community_id AND n.transfer_id = t.transfer_id
WHERE t.community_id = CAST(:community_id AS integer)
    AND (t.recorded_at, t.leaf_index) >= (CAST(CAST(:recorded_from AS text) AS timestamptz), CAST(:first AS bigint))
    AND (t.recorded_at, t.leaf_index) < (CAST(CAST(:recorded_to AS text) AS timestamptz), CAST(:end AS bigint))
    AND t.leaf_index >= CAST(:first AS bigint) AND t.leaf_index < CAST(:end AS bigint)
    AND t.note_digest IS NOT NULL
ORDER BY t.recorded_at, t.leaf_index
LIMIT CAST(:most AS bigint)
