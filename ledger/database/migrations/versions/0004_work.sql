-- Work that takes longer than a request: how far it is, and what came of it.
CREATE TABLE work (
    community_id integer NOT NULL,
    work_id uuid NOT NULL,
    kind text NOT NULL,
    fingerprint bytea NOT NULL,
    started_by uuid NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    done bigint NOT NULL,
    total bigint NOT NULL,
    finished_at timestamptz,
    outcome jsonb,
    failed text,
    CONSTRAINT work_pkey PRIMARY KEY (community_id, work_id),
    CONSTRAINT work_kind_check CHECK (kind IN ('audit')),
    CONSTRAINT work_fingerprint_check CHECK (octet_length(fingerprint) = 32),
    CONSTRAINT work_done_check CHECK (done >= 0 AND total >= 0),
    CONSTRAINT work_outcome_check CHECK (outcome IS NULL OR failed IS NULL),
    CONSTRAINT work_end_check CHECK (finished_at IS NOT NULL OR (outcome IS NULL AND failed IS NULL))
);
COMMENT ON COLUMN work.seen_at IS 'the heartbeat of the process that does it: when it grows old, the process is gone';
COMMENT ON COLUMN work.finished_at IS 'with neither outcome nor failed, it was interrupted';
-- One at a time of each kind.
CREATE UNIQUE INDEX work_running_key ON work (community_id, kind) WHERE finished_at IS NULL;
CREATE INDEX work_started_key ON work (community_id, kind, started_at, work_id);

-- What the journal is searched by. The log itself leads to the newest transfers; nearly all are care, so the rest are
-- found apart from them, and a transfer for care costs nothing here.
CREATE INDEX transfer_kind_key ON transfer (community_id, kind, leaf_index) WHERE kind <> 'care';
CREATE INDEX transfer_service_key ON transfer (community_id, service_on, leaf_index) WHERE service_on IS NOT NULL;
-- And the admin trail.
CREATE INDEX event_kind_key ON event (community_id, kind, leaf_index);
CREATE INDEX event_recorded_key ON event (community_id, recorded_at, leaf_index);

GRANT SELECT, INSERT, DELETE ON work TO carehours_service;
GRANT UPDATE (seen_at, done, total, finished_at, outcome, failed) ON work TO carehours_service;
ALTER TABLE work ENABLE ROW LEVEL SECURITY;
CREATE POLICY entered_community ON work TO carehours_service
    USING (community_id = (SELECT entered_community()));
