INSERT INTO import_run (community_id, import_id, system, what, file_name, file_hash, state, work_id, started_by,
    started_at, begun_at, posted_by, alone)
VALUES (CAST(:community_id AS integer), CAST(:import_id AS uuid), CAST(:system AS text), CAST(:what AS text),
    CAST(:file_name AS text), CAST(:file_hash AS bytea), CAST(:state AS text), CAST(:work_id AS uuid),
    CAST(:started_by AS uuid), CAST(:started_at AS timestamptz), CAST(:started_at AS timestamptz), NULL, false)
