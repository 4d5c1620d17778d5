-- A page of rounds, the newest first; with `open` those that are still open, or those that are not.
SELECT round_id, state, change_count, source, file_name, file_hash, file_size, asked, from_on, until_on, reading, asks,
    made_at, made_by, matched_at, ended_at, ended_by, totals
FROM paper_round
WHERE community_id = CAST(:community_id AS integer)
    AND (CAST(:state AS text) IS NULL OR state = CAST(:state AS text))
    AND (CAST(:open AS boolean) IS NULL OR (ended_at IS NULL) = CAST(:open AS boolean))
    AND (CAST(:after_at AS timestamptz) IS NULL
        OR (made_at, round_id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
ORDER BY made_at DESC, round_id DESC
LIMIT CAST(:at_most AS integer)
