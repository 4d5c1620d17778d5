-- The closing of a period: its checklist, its trial balance, and its opening again.
-- Closings are numbered, because a period that was opened again is closed anew. Those of before have no trial balance.
ALTER TABLE closed_period
    ADD COLUMN closing_number integer,
    ADD COLUMN event_id uuid,
    ADD COLUMN recorded_event_id uuid,
    ADD COLUMN ends_at timestamptz,
    ADD COLUMN tree_size bigint,
    ADD COLUMN account_count bigint,
    ADD COLUMN root bytea;
UPDATE closed_period p
SET closing_number = n.closing_number
FROM (
    SELECT community_id, through_on, row_number() OVER (PARTITION BY community_id ORDER BY through_on) AS closing_number
    FROM closed_period
) n
WHERE n.community_id = p.community_id AND n.through_on = p.through_on;
ALTER TABLE closed_period
    ALTER COLUMN closing_number SET NOT NULL,
    DROP CONSTRAINT closed_period_pkey,
    ADD CONSTRAINT closed_period_pkey PRIMARY KEY (community_id, closing_number),
    ADD CONSTRAINT closed_period_number_check CHECK (closing_number >= 1),
    ADD CONSTRAINT closed_period_root_check CHECK (octet_length(root) = 32 AND account_count >= 0 AND tree_size >= 0),
    ADD CONSTRAINT closed_period_whole_check CHECK (num_nulls(event_id, recorded_event_id, ends_at, tree_size, account_count, root) IN (0, 6));
COMMENT ON COLUMN closed_period.event_id IS 'the event that says so in the log; with the secret of an account it salts its balance';
COMMENT ON COLUMN closed_period.recorded_event_id IS 'the event that says what everybody stood at, and names nobody';
COMMENT ON COLUMN closed_period.ends_at IS 'when the last day was over by the community''s clock: what has no day of service counts as of its moment';
COMMENT ON COLUMN closed_period.tree_size IS 'how many leaves the balances are taken from: those before the events';
COMMENT ON COLUMN closed_period.root IS 'RFC 6962 root over the leaves of period_balance';
CREATE INDEX closed_period_day_key ON closed_period (community_id, through_on, closing_number);

-- Whether a transfer counts through a day: its day of service says so, else that of what it reverses; where there is none
-- it was recorded, or what it reverses was, before that day was over. So what takes something back counts wherever that
-- counts, whenever it was recorded. "When" is a moment, or a place in the log. Put in place by the planner.
CREATE FUNCTION counts_through(
    service_on date, recorded anyelement, reversed_service_on date, reversed_recorded anyelement,
    through_on date, ends anyelement
) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(
        coalesce(service_on, reversed_service_on) <= through_on,
        coalesce(reversed_recorded, recorded) < ends
    )
$$;

-- A closing is in force until it is reopened.
CREATE TABLE period_reopening (
    community_id integer NOT NULL,
    closing_number integer NOT NULL,
    reopened_at timestamptz NOT NULL,
    reopened_by uuid NOT NULL,
    proposed_by uuid NOT NULL,
    CONSTRAINT period_reopening_pkey PRIMARY KEY (community_id, closing_number),
    CONSTRAINT period_reopening_two_check CHECK (reopened_by <> proposed_by)
);

-- What every account stood at, as of the last day. The digest hides whose it is; the salt in it follows from the
-- secret of the account, so that erasing a person needs nothing here.
CREATE TABLE period_balance (
    community_id integer NOT NULL,
    closing_number integer NOT NULL,
    place integer NOT NULL,
    account_id uuid NOT NULL,
    balance bigint NOT NULL,
    entry_count bigint NOT NULL,
    digest text NOT NULL,
    CONSTRAINT period_balance_pkey PRIMARY KEY (community_id, closing_number, place),
    CONSTRAINT period_balance_place_check CHECK (place >= 0),
    CONSTRAINT period_balance_count_check CHECK (entry_count >= 0),
    CONSTRAINT period_balance_digest_check CHECK (length(digest) = 43)
);
CREATE UNIQUE INDEX period_balance_account_key ON period_balance (community_id, account_id, closing_number);
COMMENT ON COLUMN period_balance.place IS 'which leaf of the tree it is: in the order of the digests, which says nothing about anybody';

-- Roots of full subtrees of 2^8, 2^16... of those leaves, so that a proof reads a few short runs.
CREATE TABLE period_node (
    community_id integer NOT NULL,
    closing_number integer NOT NULL,
    level smallint NOT NULL,
    node_index integer NOT NULL,
    node_hash bytea NOT NULL,
    CONSTRAINT period_node_pkey PRIMARY KEY (community_id, closing_number, level, node_index),
    CONSTRAINT period_node_hash_check CHECK (octet_length(node_hash) = 32)
);

-- Why something was closed in spite of what was open, or opened again. Free text: its digest is in the event, the
-- text only here, where it can be erased.
CREATE TABLE period_reason (
    community_id integer NOT NULL,
    event_id uuid NOT NULL,
    written_by uuid,
    salt text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT period_reason_pkey PRIMARY KEY (community_id, event_id)
);

GRANT SELECT, INSERT ON period_reopening, period_balance, period_node, period_reason TO carehours_service;
-- Erasing.
GRANT DELETE ON period_reason TO carehours_service;

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['period_reopening', 'period_balance', 'period_node', 'period_reason']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY entered_community ON %I TO carehours_service'
            ' USING (community_id = (SELECT entered_community()))', guarded);
    END LOOP;
END $$;
