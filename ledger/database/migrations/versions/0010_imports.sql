-- Imports: each with its file, what it posted and opened, and what undid it.
CREATE TABLE import_run (
    community_id integer NOT NULL,
    import_id uuid NOT NULL,
    system text NOT NULL,
    what text NOT NULL,
    file_name text,
    file_hash bytea NOT NULL,
    state text NOT NULL,
    totals text,
    work_id uuid,
    tries smallint NOT NULL DEFAULT 0,
    begun_at timestamptz,
    started_by uuid,
    started_at timestamptz NOT NULL,
    posted_by uuid,
    alone boolean NOT NULL,
    posted_at timestamptz,
    transfer_count bigint,
    moved_seconds bigint,
    undone_by uuid,
    undone_at timestamptz,
    reversed_count bigint,
    CONSTRAINT import_run_pkey PRIMARY KEY (community_id, import_id),
    CONSTRAINT import_run_community_fkey FOREIGN KEY (community_id) REFERENCES community,
    CONSTRAINT import_run_hash_check CHECK (octet_length(file_hash) = 32),
    CONSTRAINT import_run_what_check CHECK (what IN ('history', 'balances')),
    CONSTRAINT import_run_state_check CHECK (state IN
        ('checking', 'waiting', 'refused', 'posting', 'posted', 'incomplete', 'undoing', 'undone', 'abandoned'))
);
COMMENT ON COLUMN import_run.file_name IS 'goes when anybody is erased: a file may be called after them';
COMMENT ON COLUMN import_run.totals IS 'what was found in the file, counts and sums, nobody named';
COMMENT ON COLUMN import_run.tries IS 'how often a service went on by itself with what was interrupted';
COMMENT ON COLUMN import_run.begun_at IS 'when somebody last began to post or to undo it, or went on';
-- What is half done is finished or undone before the next begins.
CREATE UNIQUE INDEX import_run_unfinished_key ON import_run (community_id) WHERE state IN ('posting', 'undoing');
CREATE INDEX import_run_started_key ON import_run (community_id, started_at, import_id);
CREATE INDEX import_run_hash_key ON import_run (community_id, file_hash);

-- What an import waits with and what was found in it: names people, and goes when it is posted, undone or abandoned.
CREATE TABLE import_upload (
    community_id integer NOT NULL,
    import_id uuid NOT NULL,
    content bytea,
    options text NOT NULL,
    report text,
    reason text,
    CONSTRAINT import_upload_pkey PRIMARY KEY (community_id, import_id)
);
COMMENT ON COLUMN import_upload.reason IS 'why it is being undone, for the notes of the reversals';

-- The accounts an import opened, with the member it enrolled for each.
CREATE TABLE import_opening (
    community_id integer NOT NULL,
    import_id uuid NOT NULL,
    account_id uuid NOT NULL,
    member_id uuid,
    CONSTRAINT import_opening_pkey PRIMARY KEY (community_id, account_id)
);
CREATE INDEX import_opening_import_key ON import_opening (community_id, import_id);

-- Accounts whose limits an import set wider than they were, or than they would be. Nothing names anybody.
CREATE TABLE import_limit (
    community_id integer NOT NULL,
    import_id uuid NOT NULL,
    account_id uuid NOT NULL,
    floor_before bigint,
    ceiling_before bigint,
    floor bigint,
    ceiling bigint,
    CONSTRAINT import_limit_pkey PRIMARY KEY (community_id, import_id, account_id)
);

-- People of another system who somebody said are members here, by their number there.
CREATE TABLE import_match (
    community_id integer NOT NULL,
    system text NOT NULL,
    number text NOT NULL,
    account_id uuid NOT NULL,
    member_id uuid NOT NULL,
    CONSTRAINT import_match_pkey PRIMARY KEY (community_id, system, number)
);

-- A file may be called after somebody, and nothing reads it here.
UPDATE import_file SET file_name = '';
ALTER TABLE import_file ALTER COLUMN file_name SET DEFAULT '';

ALTER TABLE import_line ADD COLUMN import_id uuid;
CREATE INDEX import_line_import_key ON import_line (community_id, import_id) WHERE import_id IS NOT NULL;

GRANT SELECT, INSERT ON import_run, import_upload, import_opening, import_limit, import_match TO carehours_service;
GRANT UPDATE (what, file_name, state, totals, work_id, tries, begun_at, started_by, posted_by, alone, posted_at,
    transfer_count, moved_seconds, undone_by, undone_at, reversed_count) ON import_run TO carehours_service;
GRANT UPDATE (floor, ceiling) ON import_limit TO carehours_service;
GRANT UPDATE (content, options, report, reason), DELETE ON import_upload TO carehours_service;
GRANT DELETE ON import_match TO carehours_service;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['import_run', 'import_upload', 'import_opening', 'import_limit', 'import_match'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY entered_community ON %I TO carehours_service'
            ' USING (community_id = (SELECT entered_community()))', name);
    END LOOP;
END $$;
