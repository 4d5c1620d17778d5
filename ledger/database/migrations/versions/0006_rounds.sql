-- Paper rounds: sheets and cheques matched to claims, and signed off.
-- A round and its lines are work in progress until it is signed off or abandoned; what was decided about a line is a row
-- that is only added. What the paper said stands in columns of its own, where it can be erased.

CREATE TABLE paper_round (
    community_id integer NOT NULL,
    round_id uuid NOT NULL,
    state text NOT NULL,
    change_count integer NOT NULL,
    source text NOT NULL,
    file_name text,
    file_hash bytea NOT NULL,
    file_size bigint NOT NULL,
    asked bytea NOT NULL,
    from_on date,
    until_on date,
    reading text,
    asks text[] NOT NULL,
    made_at timestamptz NOT NULL,
    made_by uuid NOT NULL,
    matched_at timestamptz,
    ended_at timestamptz,
    ended_by uuid,
    totals text,
    CONSTRAINT paper_round_pkey PRIMARY KEY (community_id, round_id),
    CONSTRAINT paper_round_state_check CHECK (state IN ('reading', 'matched', 'signed_off', 'abandoned')),
    CONSTRAINT paper_round_hash_check CHECK (octet_length(file_hash) = 32 AND octet_length(asked) = 32),
    CONSTRAINT paper_round_days_check CHECK (from_on <= until_on),
    CONSTRAINT paper_round_end_check CHECK ((ended_at IS NULL) = (state IN ('reading', 'matched'))),
    CONSTRAINT paper_round_totals_check CHECK (totals IS NULL OR state = 'signed_off')
);
COMMENT ON COLUMN paper_round.file_name IS 'NULL for a pile that was typed, and once somebody on it was erased';
COMMENT ON COLUMN paper_round.asked IS 'SHA-256 of all that the upload said, so that a repeat can be told from another';
COMMENT ON COLUMN paper_round.reading IS 'JSON: the sheet, and what its columns hold; NULL for a pile that was typed';
COMMENT ON COLUMN paper_round.asks IS 'what a person must say before it can be matched';
COMMENT ON COLUMN paper_round.totals IS 'JSON: counts and sums as they were signed off';
CREATE INDEX paper_round_made_key ON paper_round (community_id, made_at, round_id);
-- Those that are open, for the checklist of a closing.
CREATE INDEX paper_round_open_key ON paper_round (community_id, made_at, round_id) WHERE ended_at IS NULL;

-- The file itself, only while the round is open.
CREATE TABLE paper_file (
    community_id integer NOT NULL,
    round_id uuid NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT paper_file_pkey PRIMARY KEY (community_id, round_id)
);

CREATE TABLE paper_line (
    community_id integer NOT NULL,
    round_id uuid NOT NULL,
    line_number integer NOT NULL,
    row_number integer NOT NULL,
    provider_name text,
    receiver_name text,
    service_on date,
    seconds bigint,
    from_time time,
    to_time time,
    activity text,
    note text,
    reference text,
    problem text,
    problem_column integer,
    provider_ids uuid[] NOT NULL,
    receiver_ids uuid[] NOT NULL,
    grade text NOT NULL,
    reasons text[] NOT NULL,
    state text NOT NULL,
    decision text,
    decision_id uuid,
    decided_at timestamptz,
    CONSTRAINT paper_line_pkey PRIMARY KEY (community_id, round_id, line_number),
    CONSTRAINT paper_line_seconds_check CHECK (seconds BETWEEN 1 AND 86400),
    CONSTRAINT paper_line_read_check CHECK (problem IS NOT NULL OR (service_on IS NOT NULL AND seconds IS NOT NULL)),
    CONSTRAINT paper_line_grade_check CHECK (grade IN ('exact', 'probable', 'none')),
    CONSTRAINT paper_line_state_check CHECK (state IN ('undecided', 'deciding', 'decided')),
    CONSTRAINT paper_line_decision_check CHECK ((state = 'undecided') = (decision IS NULL))
);
COMMENT ON COLUMN paper_line.row_number IS 'the line of the file, as a person counts it';
COMMENT ON COLUMN paper_line.provider_ids IS 'whom the name may mean, the best first: one when it is certain';
COMMENT ON COLUMN paper_line.decision_id IS 'the row of paper_decision, once it is decided';
COMMENT ON COLUMN paper_line.state IS 'deciding: somebody''s decision takes several steps and has not taken the last';
CREATE INDEX paper_line_state_key ON paper_line (community_id, round_id, state, line_number);
CREATE INDEX paper_line_grade_key ON paper_line (community_id, round_id, grade, line_number);

-- What a line was matched with: claims, and transfers that pay none. `near` is only something a person might mean.
CREATE TABLE paper_match (
    community_id integer NOT NULL,
    round_id uuid NOT NULL,
    line_number integer NOT NULL,
    record_id uuid NOT NULL,
    kind text NOT NULL,
    near boolean NOT NULL,
    CONSTRAINT paper_match_pkey PRIMARY KEY (community_id, round_id, line_number, record_id),
    CONSTRAINT paper_match_kind_check CHECK (kind IN ('claim', 'transfer'))
);
CREATE INDEX paper_match_record_key ON paper_match (community_id, record_id, round_id);

-- What somebody decided about a line; the newest of a line counts.
CREATE TABLE paper_decision (
    community_id integer NOT NULL,
    round_id uuid NOT NULL,
    decision_id uuid NOT NULL,
    line_number integer NOT NULL,
    deed text NOT NULL,
    at timestamptz NOT NULL,
    by_id uuid NOT NULL,
    seconds bigint,
    record_ids uuid[] NOT NULL,
    paid_ids uuid[] NOT NULL,
    made_id uuid,
    dispute_id uuid,
    CONSTRAINT paper_decision_pkey PRIMARY KEY (community_id, round_id, decision_id),
    CONSTRAINT paper_decision_deed_check CHECK (deed IN ('accept', 'correct', 'create', 'dispute', 'set_aside', 'undo'))
);
COMMENT ON COLUMN paper_decision.record_ids IS 'the claims and transfers it rests on';
COMMENT ON COLUMN paper_decision.paid_ids IS 'those of the claims that it confirmed, which paid them';
COMMENT ON COLUMN paper_decision.made_id IS 'the claim it logged';
CREATE INDEX paper_decision_line_key ON paper_decision (community_id, round_id, line_number);
CREATE INDEX paper_decision_made_key ON paper_decision (community_id, made_id) WHERE made_id IS NOT NULL;

CREATE TABLE paper_reason (
    community_id integer NOT NULL,
    round_id uuid NOT NULL,
    decision_id uuid NOT NULL,
    line_number integer NOT NULL,
    reason text NOT NULL,
    CONSTRAINT paper_reason_pkey PRIMARY KEY (community_id, round_id, decision_id)
);

-- What is remembered of a source for the next time: how its lists are read, and whom its names mean.
CREATE TABLE paper_reading (
    community_id integer NOT NULL,
    source_key text NOT NULL,
    shape bytea NOT NULL,
    reading text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT paper_reading_pkey PRIMARY KEY (community_id, source_key, shape)
);
COMMENT ON COLUMN paper_reading.shape IS 'SHA-256 of the words of the header';
CREATE TABLE paper_name (
    community_id integer NOT NULL,
    source_key text NOT NULL,
    written text NOT NULL,
    member_id uuid NOT NULL,
    at timestamptz NOT NULL,
    by_id uuid NOT NULL,
    CONSTRAINT paper_name_pkey PRIMARY KEY (community_id, source_key, written)
);
CREATE INDEX paper_name_member_key ON paper_name (community_id, member_id);

GRANT SELECT, INSERT ON paper_round, paper_file, paper_line, paper_match, paper_decision, paper_reason, paper_reading,
    paper_name TO carehours_service;
GRANT UPDATE (state, change_count, source, file_name, from_on, until_on, reading, asks, matched_at, ended_at, ended_by, totals)
    ON paper_round TO carehours_service;
GRANT UPDATE (provider_name, receiver_name, note, reference, provider_ids, receiver_ids, grade, reasons, state,
    decision, decision_id, decided_at) ON paper_line TO carehours_service;
GRANT UPDATE (reading, at) ON paper_reading TO carehours_service;
GRANT UPDATE (member_id, at, by_id) ON paper_name TO carehours_service;
GRANT DELETE ON paper_file, paper_line, paper_match, paper_reason, paper_reading, paper_name TO carehours_service;

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['paper_round', 'paper_file', 'paper_line', 'paper_match', 'paper_decision', 'paper_reason',
        'paper_reading', 'paper_name']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY entered_community ON %I TO carehours_service'
            ' USING (community_id = (SELECT entered_community()))', guarded);
    END LOOP;
END $$;
