-- One piece of work.
SELECT work_id, fingerprint, started_by, started_at, done, total, finished_at, CAST(outcome AS text) AS outcome, failed,
    CAST(outcome ->> 'finding_count' AS bigint) AS finding_count,
    seen_at > now() - CAST(:stale_after AS interval) AS alive
FROM work
WHERE community_id = CAST(:community_id AS integer) AND work_id = CAST(:work_id AS uuid)
    AND kind = CAST(:kind AS text)
