-- The private notes and the authors of a block of transfers, for COPY; see audit_transfers. Both in one pass over
-- the transfers. A transfer without an author is not looked up among the authors: its key is NULL.
SELECT t.leaf_index, n.salt, n.note, a.member_id, a.for_member_id, a.salt
FROM transfer t
LEFT JOIN transfer_note n ON n.community_id = t.community_id
    AND n.transfer_id = CASE WHEN t.note_digest IS NOT NULL THEN t.transfer_id END
LEFT JOIN transfer_author a ON a.community_id = t.community_id
    AND a.transfer_id = CASE WHEN t.author_digest IS NOT NULL THEN t.transfer_id END
WHERE t.community_id = CAST(:community_id AS integer)
    AND (t.recorded_at, t.leaf_index) >= (CAST(CAST(:recorded_from AS text) AS timestamptz), CAST(:first AS bigint))
    AND (t.recorded_at, t.leaf_index) < (CAST(CAST(:recorded_to AS text) AS timestamptz), CAST(:end AS bigint))
    AND t.leaf_index >= CAST(:first AS bigint) AND t.leaf_index < CAST(:end AS bigint)
    AND (t.note_digest IS NOT NULL OR t.author_digest IS NOT NULL)
ORDER BY t.recorded_at, t.leaf_index
LIMIT CAST(:most AS bigint)
