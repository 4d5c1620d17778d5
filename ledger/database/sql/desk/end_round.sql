UPDATE paper_round
SET state = CAST(:state AS text), ended_at = CAST(:now AS timestamptz), ended_by = CAST(:ended_by AS uuid),
    totals = CAST(:totals AS text),
    -- How a file that is gone was read: a name may stand in it, as the one for all its lines.
    reading = CASE WHEN reading IS NULL THEN NULL ELSE '{}' END, change_count = change_count + 1
WHERE community_id = CAST(:community_id AS integer) AND round_id = CAST(:round_id AS uuid)
