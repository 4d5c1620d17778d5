-- The book, the log, and what guards them. Every key of a community's table begins with community_id, no
-- sequence and no trigger carries correctness, so the same schema can be distributed by community_id.

CREATE TABLE community (
    community_id integer GENERATED ALWAYS AS IDENTITY,
    slug text NOT NULL,
    name text NOT NULL,
    issuer text NOT NULL,
    origin text NOT NULL,
    founded_at timestamptz NOT NULL,
    CONSTRAINT community_pkey PRIMARY KEY (community_id),
    CONSTRAINT community_slug_key UNIQUE (slug),
    CONSTRAINT community_origin_key UNIQUE (origin),
    CONSTRAINT community_slug_check CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,39}$')
);
COMMENT ON COLUMN community.issuer IS 'URL of the service when the community was founded; in every receipt';
COMMENT ON COLUMN community.origin IS 'name of its log, <host>/<slug>; in every receipt and checkpoint';

CREATE TABLE account (
    community_id integer NOT NULL,
    account_id uuid NOT NULL,
    kind text NOT NULL,
    code text NOT NULL,
    peer_slug text,
    opened_at timestamptz NOT NULL,
    CONSTRAINT account_pkey PRIMARY KEY (community_id, account_id),
    CONSTRAINT account_community_fkey FOREIGN KEY (community_id) REFERENCES community,
    CONSTRAINT account_code_key UNIQUE (community_id, code),
    CONSTRAINT account_kind_check
        CHECK (kind IN ('member', 'household', 'pot', 'issuance', 'clearing', 'difference')),
    CONSTRAINT account_code_check CHECK (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    CONSTRAINT account_peer_check CHECK ((kind = 'clearing') = (peer_slug IS NOT NULL))
);

-- Names live apart from the ledger, so that a person can be erased and every proof still holds.
CREATE TABLE account_name (
    community_id integer NOT NULL,
    account_id uuid NOT NULL,
    name text NOT NULL,
    CONSTRAINT account_name_pkey PRIMARY KEY (community_id, account_id)
);
CREATE TABLE account_secret (
    community_id integer NOT NULL,
    account_id uuid NOT NULL,
    secret bytea NOT NULL,
    CONSTRAINT account_secret_pkey PRIMARY KEY (community_id, account_id),
    CONSTRAINT account_secret_check CHECK (octet_length(secret) = 32)
);
COMMENT ON TABLE account_secret IS 'salts the disclosures of an account; deleting it erases the link to the log';

-- Hot and narrow: changed in place by every transfer, no index beside its key.
CREATE TABLE balance (
    community_id integer NOT NULL,
    account_id uuid NOT NULL,
    balance bigint NOT NULL,
    held bigint NOT NULL,
    floor bigint,
    ceiling bigint,
    entry_count bigint NOT NULL,
    limits_count integer NOT NULL,
    closed boolean NOT NULL,
    CONSTRAINT balance_pkey PRIMARY KEY (community_id, account_id),
    CONSTRAINT balance_held_check CHECK (held >= 0),
    CONSTRAINT balance_floor_check CHECK (balance - held >= coalesce(floor, -9007199254740991)),
    CONSTRAINT balance_ceiling_check CHECK (balance <= coalesce(ceiling, 9007199254740991)),
    CONSTRAINT balance_closed_check CHECK (NOT closed OR (balance = 0 AND held = 0)),
    CONSTRAINT balance_count_check CHECK (entry_count >= 0 AND limits_count >= 1)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Each change of an account's limits, and its closing, with the size of the log at that moment, so that the
-- audit can replay the limits that were in force at each entry.
CREATE TABLE account_limits (
    community_id integer NOT NULL,
    account_id uuid NOT NULL,
    change_number integer NOT NULL,
    floor bigint,
    ceiling bigint,
    closed boolean NOT NULL,
    tree_size bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT account_limits_pkey PRIMARY KEY (community_id, account_id, change_number)
);

CREATE TABLE transfer (
    community_id integer NOT NULL,
    transfer_id uuid NOT NULL,
    leaf_index bigint NOT NULL,
    kind text NOT NULL,
    service_on date,
    recorded_at timestamptz NOT NULL,
    reverses_id uuid,
    hold_id uuid,
    fingerprint bytea NOT NULL,
    note_digest text,
    CONSTRAINT transfer_pkey PRIMARY KEY (community_id, transfer_id),
    CONSTRAINT transfer_kind_check
        CHECK (kind IN ('care', 'redeem', 'gift', 'grant', 'adjust', 'reverse', 'settle', 'import')),
    CONSTRAINT transfer_reverse_check CHECK ((kind = 'reverse') = (reverses_id IS NOT NULL)),
    CONSTRAINT transfer_recorded_check CHECK (recorded_at = date_trunc('second', recorded_at)),
    CONSTRAINT transfer_fingerprint_check CHECK (octet_length(fingerprint) = 32)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);
CREATE INDEX transfer_recorded_key ON transfer (community_id, recorded_at, leaf_index);
CREATE UNIQUE INDEX transfer_reverses_key ON transfer (community_id, reverses_id) WHERE reverses_id IS NOT NULL;

-- A private note: its digest is in the leaf, the text only here, where it can be erased.
CREATE TABLE transfer_note (
    community_id integer NOT NULL,
    transfer_id uuid NOT NULL,
    salt text NOT NULL,
    note text NOT NULL,
    CONSTRAINT transfer_note_pkey PRIMARY KEY (community_id, transfer_id)
);

-- An entry belongs to the transfer at its place in the log. No foreign keys here: four of them halved the rate
-- when measured, rows are only ever written together, and the audit looks for orphans.
CREATE TABLE entry (
    community_id integer NOT NULL,
    account_id uuid NOT NULL,
    entry_number bigint NOT NULL,
    leaf_index bigint NOT NULL,
    place smallint NOT NULL,
    seconds bigint NOT NULL,
    balance_after bigint NOT NULL,
    digest text NOT NULL,
    CONSTRAINT entry_pkey PRIMARY KEY (community_id, account_id, entry_number),
    CONSTRAINT entry_seconds_check CHECK (seconds <> 0),
    CONSTRAINT entry_number_check CHECK (entry_number >= 1),
    CONSTRAINT entry_digest_check CHECK (length(digest) = 43)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);
CREATE UNIQUE INDEX entry_leaf_key ON entry (community_id, leaf_index, place);
-- For a balance as of a checkpoint: the newest entry of an account below a leaf index.
CREATE UNIQUE INDEX entry_account_leaf_key ON entry (community_id, account_id, leaf_index);

CREATE TABLE hold (
    community_id integer NOT NULL,
    hold_id uuid NOT NULL,
    account_id uuid NOT NULL,
    seconds bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    placed_at timestamptz NOT NULL,
    CONSTRAINT hold_pkey PRIMARY KEY (community_id, hold_id),
    CONSTRAINT hold_seconds_check CHECK (seconds > 0)
);
CREATE TABLE hold_resolution (
    community_id integer NOT NULL,
    hold_id uuid NOT NULL,
    outcome text NOT NULL,
    resolved_by uuid,
    resolved_at timestamptz NOT NULL,
    CONSTRAINT hold_resolution_pkey PRIMARY KEY (community_id, hold_id),
    CONSTRAINT hold_resolution_outcome_check CHECK (outcome IN ('settled', 'voided', 'expired')),
    CONSTRAINT hold_resolution_by_check CHECK ((outcome = 'expired') = (resolved_by IS NULL))
);
-- The holds that are still open, by account: derived, so that finding them does not slow down with history.
CREATE TABLE open_hold (
    community_id integer NOT NULL,
    account_id uuid NOT NULL,
    hold_id uuid NOT NULL,
    seconds bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT open_hold_pkey PRIMARY KEY (community_id, account_id, hold_id)
);

-- What was answered under an id that did not become a transfer: refusals, and commands that move nothing.
CREATE TABLE request (
    community_id integer NOT NULL,
    request_id uuid NOT NULL,
    action text NOT NULL,
    fingerprint bytea NOT NULL,
    refusal text,
    detail text,
    answered_at timestamptz NOT NULL,
    CONSTRAINT request_pkey PRIMARY KEY (community_id, request_id)
);

CREATE TABLE log_leaf (
    community_id integer NOT NULL,
    leaf_index bigint NOT NULL,
    transfer_id uuid,
    leaf_hash bytea NOT NULL,
    payload bytea NOT NULL,
    CONSTRAINT log_leaf_pkey PRIMARY KEY (community_id, leaf_index),
    CONSTRAINT log_leaf_hash_check CHECK (octet_length(leaf_hash) = 32)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);
COMMENT ON COLUMN log_leaf.payload IS 'the octets that were hashed and signed, made once; never rendered again';

-- Roots of full subtrees of 2^8, 2^16, ... leaves, written once when they become full. Nothing of the tree is
-- ever updated; its right edge is in log_head.
CREATE TABLE log_node (
    community_id integer NOT NULL,
    level smallint NOT NULL,
    node_index bigint NOT NULL,
    node_hash bytea NOT NULL,
    CONSTRAINT log_node_pkey PRIMARY KEY (community_id, level, node_index),
    CONSTRAINT log_node_hash_check CHECK (octet_length(node_hash) = 32)
);

-- The head: the one row every writer of a community locks.
CREATE TABLE log_head (
    community_id integer NOT NULL,
    tree_size bigint NOT NULL,
    edge bytea NOT NULL,
    checkpoint text NOT NULL,
    recorded_at timestamptz NOT NULL,
    kept_at timestamptz NOT NULL,
    CONSTRAINT log_head_pkey PRIMARY KEY (community_id),
    CONSTRAINT log_head_size_check CHECK (tree_size >= 0 AND octet_length(edge) = 32 * bit_count(tree_size::bit(64)))
) WITH (fillfactor = 10);
COMMENT ON COLUMN log_head.kept_at IS 'when the newest row of checkpoint was kept; one an hour is';

-- One root for a size, for ever.
CREATE TABLE checkpoint (
    community_id integer NOT NULL,
    tree_size bigint NOT NULL,
    root bytea NOT NULL,
    note text NOT NULL,
    kept_at timestamptz NOT NULL,
    CONSTRAINT checkpoint_pkey PRIMARY KEY (community_id, tree_size),
    CONSTRAINT checkpoint_root_check CHECK (octet_length(root) = 32)
);

CREATE TABLE import_file (
    community_id integer NOT NULL,
    file_hash bytea NOT NULL,
    source text NOT NULL,
    file_name text NOT NULL,
    transfer_count integer NOT NULL,
    finished_at timestamptz NOT NULL,
    CONSTRAINT import_file_pkey PRIMARY KEY (community_id, file_hash)
);
-- Where an imported posting came from, and the line as it stood in the file.
CREATE TABLE import_line (
    community_id integer NOT NULL,
    transfer_id uuid NOT NULL,
    file_hash bytea NOT NULL,
    member_file text NOT NULL,
    line_number integer NOT NULL,
    line text NOT NULL,
    CONSTRAINT import_line_pkey PRIMARY KEY (community_id, transfer_id)
);

CREATE TABLE api_token (
    token_id text NOT NULL,
    community_id integer NOT NULL,
    token_hash bytea NOT NULL,
    label text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT api_token_pkey PRIMARY KEY (community_id, token_id),
    CONSTRAINT api_token_community_fkey FOREIGN KEY (community_id) REFERENCES community,
    CONSTRAINT api_token_hash_check CHECK (octet_length(token_hash) = 32)
);

CREATE INDEX api_token_id_key ON api_token (token_id);

-- A second guard behind `decide`: all entries of a transfer come in one statement and sum to zero.
CREATE FUNCTION check_entries_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM new_entry GROUP BY community_id, leaf_index HAVING sum(seconds) <> 0 OR count(*) < 2
    ) THEN
        RAISE EXCEPTION 'the entries of a transfer sum to zero and are at least two'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balanced';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER entry_balanced AFTER INSERT ON entry REFERENCING NEW TABLE AS new_entry
    FOR EACH STATEMENT EXECUTE FUNCTION check_entries_balance();

-- What a batch writes, in one round trip. Five plain statements and no rule: each waits for the network and for a
-- busy service once less, which was half of a batch's time. A row that is short of an array's value takes NULL.
CREATE FUNCTION append_batch(
    the_community integer, now timestamptz,
    transfer_ids uuid[], leaf_indexes bigint[], kinds text[], service_dates date[], reverses_ids uuid[],
    hold_ids uuid[], fingerprints bytea[], note_digests text[], leaf_hashes bytea[], payloads bytea[],
    entry_account_ids uuid[], entry_numbers bigint[], entry_leaf_indexes bigint[], places smallint[],
    seconds bigint[], balances_after bigint[], digests text[],
    touched_ids uuid[], balances bigint[], helds bigint[], entry_counts bigint[],
    new_tree_size bigint, new_edge bytea, new_checkpoint text, new_kept_at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- New balances are set, not added to: decide computed them while the head was locked. entry_pkey refuses a
    -- second entry of one number if that ever stops being true.
    UPDATE balance b
    SET balance = u.balance, held = u.held, entry_count = u.entry_count
    FROM unnest(touched_ids, balances, helds, entry_counts) AS u (account_id, balance, held, entry_count)
    WHERE b.community_id = the_community AND b.account_id = u.account_id AND b.account_id = ANY(touched_ids);
    IF new_tree_size IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO transfer (community_id, recorded_at, transfer_id, leaf_index, kind, service_on, reverses_id, hold_id,
        fingerprint, note_digest)
    SELECT the_community, now, u.*
    FROM unnest(transfer_ids, leaf_indexes, kinds, service_dates, reverses_ids, hold_ids, fingerprints,
        note_digests) AS u;
    -- All entries of a transfer come in this one statement: the trigger that sums them sees whole transfers.
    INSERT INTO entry (community_id, account_id, entry_number, leaf_index, place, seconds, balance_after, digest)
    SELECT the_community, u.*
    FROM unnest(entry_account_ids, entry_numbers, entry_leaf_indexes, places, seconds, balances_after, digests) AS u;
    INSERT INTO log_leaf (community_id, leaf_index, transfer_id, leaf_hash, payload)
    SELECT the_community, u.*
    FROM unnest(leaf_indexes, transfer_ids, leaf_hashes, payloads) AS u;
    UPDATE log_head
    SET tree_size = new_tree_size, edge = new_edge, checkpoint = new_checkpoint, recorded_at = now,
        kept_at = new_kept_at
    WHERE community_id = the_community;
END $$;

-- The service may add to history and read it. It may change only what is derived from history.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carehours_service') THEN
        CREATE ROLE carehours_service NOLOGIN;
    END IF;
END $$;
GRANT carehours_service TO CURRENT_USER;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM carehours_service;
GRANT USAGE ON SCHEMA public TO carehours_service;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO carehours_service;
GRANT INSERT ON community, account, account_name, account_secret, balance, account_limits, transfer, transfer_note,
    entry, hold, hold_resolution, open_hold, request, log_leaf, log_node, log_head, checkpoint, import_file,
    import_line, api_token TO carehours_service;
GRANT UPDATE (balance, held, floor, ceiling, entry_count, limits_count, closed) ON balance TO carehours_service;
GRANT UPDATE (tree_size, edge, checkpoint, recorded_at, kept_at) ON log_head TO carehours_service;
GRANT UPDATE (revoked_at) ON api_token TO carehours_service;
GRANT DELETE ON open_hold TO carehours_service;
