UPDATE import_run
SET state = 'undoing', work_id = CAST(:work_id AS uuid), tries = 0, begun_at = CAST(:now AS timestamptz),
    undone_by = CAST(:undone_by AS uuid), alone = CAST(:alone AS boolean)
WHERE community_id = CAST(:community_id AS integer) AND import_id = CAST(:import_id AS uuid)
