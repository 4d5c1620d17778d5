-- Balance assertions: what a passbook or a bank says an account stood at when a day was over.
CREATE TABLE balance_assertion (
    community_id integer NOT NULL,
    assertion_id uuid NOT NULL,
    account_id uuid NOT NULL,
    stood_on date NOT NULL,
    seconds bigint NOT NULL,
    source text NOT NULL,
    tree_size bigint NOT NULL,
    held boolean NOT NULL,
    asserted_by uuid,
    asserted_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by uuid,
    differed boolean NOT NULL GENERATED ALWAYS AS (NOT held AND withdrawn_at IS NULL) STORED,
    CONSTRAINT balance_assertion_pkey PRIMARY KEY (community_id, assertion_id),
    CONSTRAINT balance_assertion_source_check CHECK (source IN ('passbook', 'bank', 'other_books', 'count')),
    CONSTRAINT balance_assertion_size_check CHECK (tree_size >= 0)
);
COMMENT ON COLUMN balance_assertion.tree_size IS 'how many leaves the log held when that day was over';
COMMENT ON COLUMN balance_assertion.held IS 'whether our own balance was the same; it never changes, the day being over';
-- One that stands for an account, a day and a kind of source: the same passbook cannot say two things.
CREATE UNIQUE INDEX balance_assertion_standing_key ON balance_assertion (community_id, account_id, stood_on, source)
    WHERE withdrawn_at IS NULL;
-- The list, and the newest that agreed.
CREATE INDEX balance_assertion_list_key ON balance_assertion (community_id, differed, asserted_at, assertion_id);
CREATE INDEX balance_assertion_account_key ON balance_assertion (community_id, account_id, stood_on);

CREATE TABLE assertion_note (
    community_id integer NOT NULL,
    assertion_id uuid NOT NULL,
    note text NOT NULL,
    CONSTRAINT assertion_note_pkey PRIMARY KEY (community_id, assertion_id)
);

GRANT SELECT, INSERT ON balance_assertion, assertion_note TO carehours_service;
GRANT UPDATE (withdrawn_at, withdrawn_by) ON balance_assertion TO carehours_service;
-- Erasing.
GRANT DELETE ON assertion_note TO carehours_service;
ALTER TABLE balance_assertion ENABLE ROW LEVEL SECURITY;
CREATE POLICY entered_community ON balance_assertion TO carehours_service
    USING (community_id = (SELECT entered_community()));
ALTER TABLE assertion_note ENABLE ROW LEVEL SECURITY;
CREATE POLICY entered_community ON assertion_note TO carehours_service
    USING (community_id = (SELECT entered_community()));
