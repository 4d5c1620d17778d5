-- Begins a piece of work, unless another of its kind is going on or the id is taken.
INSERT INTO work (community_id, work_id, kind, fingerprint, started_by, started_at, seen_at, done, total)
VALUES (CAST(:community_id AS integer), CAST(:work_id AS uuid), CAST(:kind AS text), CAST(:fingerprint AS bytea),
    CAST(:started_by AS uuid), now(), now(), 0, 0)
ON CONFLICT DO NOTHING
RETURNING work_id
