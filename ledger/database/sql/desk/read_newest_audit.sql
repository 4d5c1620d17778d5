-- The newest audit that came to an end: over how many leaves, and what it found.
SELECT work_id, finished_at, CAST(outcome ->> 'tree_size' AS bigint) AS tree_size,
    CAST(outcome ->> 'finding_count' AS bigint) AS finding_count
FROM work
WHERE community_id = CAST(:community_id AS integer) AND kind = 'audit' AND outcome IS NOT NULL
ORDER BY started_at DESC
LIMIT 1
