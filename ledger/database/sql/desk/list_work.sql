-- A page of what was worked on, the newest first, behind the one with this id. Without the outcomes, which are long.
SELECT work_id, fingerprint, started_by, started_at, done, total, finished_at, NULL AS outcome, failed,
    CAST(outcome ->> 'finding_count' AS bigint) AS finding_count,
    seen_at > now() - CAST(:stale_after AS interval) AS alive
FROM work
WHERE community_id = CAST(:community_id AS integer) AND kind = CAST(:kind AS text)
    AND (CAST(:after_id AS uuid) IS NULL OR (started_at, work_id) < (
        SELECT started_at, work_id
        FROM work
        WHERE community_id = CAST(:community_id AS integer) AND work_id = CAST(:after_id AS uuid)))
ORDER BY started_at DESC, work_id DESC
LIMIT CAST(:at_most AS integer)
