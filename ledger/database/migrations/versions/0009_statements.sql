-- Who wants statements by e-mail, or in large print; and which were sent.
CREATE TABLE statement_wish (
    community_id integer NOT NULL,
    member_id uuid NOT NULL,
    by_email boolean NOT NULL,
    large_print boolean NOT NULL,
    wished_at timestamptz NOT NULL,
    wished_by uuid NOT NULL,
    CONSTRAINT statement_wish_pkey PRIMARY KEY (community_id, member_id)
);
COMMENT ON COLUMN statement_wish.wished_by IS 'the member, or the co-ordinator who wrote down what they said';

-- One row for each e-mail with a statement, written before it is sent: whatever is killed meanwhile, none goes twice.
CREATE TABLE statement_sent (
    community_id integer NOT NULL,
    member_id uuid NOT NULL,
    account_id uuid NOT NULL,
    from_on date NOT NULL,
    until_on date NOT NULL,
    state text NOT NULL,
    begun_at timestamptz NOT NULL,
    CONSTRAINT statement_sent_pkey PRIMARY KEY (community_id, member_id, account_id, from_on, until_on),
    CONSTRAINT statement_sent_state_check CHECK (state IN ('sending', 'sent', 'refused')),
    CONSTRAINT statement_sent_days_check CHECK (from_on <= until_on)
);
COMMENT ON COLUMN statement_sent.state IS 'refused: the mail server did not take it, so it may be tried again';

GRANT SELECT, INSERT, DELETE ON statement_wish, statement_sent TO carehours_service;
GRANT UPDATE (by_email, large_print, wished_at, wished_by) ON statement_wish TO carehours_service;
GRANT UPDATE (state, begun_at) ON statement_sent TO carehours_service;
ALTER TABLE statement_wish ENABLE ROW LEVEL SECURITY;
ALTER TABLE statement_sent ENABLE ROW LEVEL SECURITY;
CREATE POLICY entered_community ON statement_wish TO carehours_service
    USING (community_id = (SELECT entered_community()));
CREATE POLICY entered_community ON statement_sent TO carehours_service
    USING (community_id = (SELECT entered_community()));

-- What a run is about; how far it is, and what came of it, stands in `work`.
CREATE TABLE statement_run (
    community_id integer NOT NULL,
    work_id uuid NOT NULL,
    from_on date NOT NULL,
    until_on date NOT NULL,
    by_email boolean NOT NULL,
    CONSTRAINT statement_run_pkey PRIMARY KEY (community_id, work_id),
    CONSTRAINT statement_run_days_check CHECK (from_on <= until_on)
);
GRANT SELECT, INSERT ON statement_run TO carehours_service;
ALTER TABLE statement_run ENABLE ROW LEVEL SECURITY;
CREATE POLICY entered_community ON statement_run TO carehours_service
    USING (community_id = (SELECT entered_community()));
