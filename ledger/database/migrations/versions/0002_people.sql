-- People: who belongs to a community, what they may do, how they sign in, and what was done to whose record.
-- Personal data stands in `person` alone, and can be deleted; everything else names people by their ids.

CREATE TABLE member (
    community_id integer NOT NULL,
    member_id uuid NOT NULL,
    member_number integer NOT NULL,
    status text NOT NULL,
    status_since date NOT NULL,
    joined_on date NOT NULL,
    frail boolean NOT NULL,
    change_count integer NOT NULL,
    enrolled_at timestamptz NOT NULL,
    erased_at timestamptz,
    CONSTRAINT member_pkey PRIMARY KEY (community_id, member_id),
    CONSTRAINT member_community_fkey FOREIGN KEY (community_id) REFERENCES community,
    CONSTRAINT member_number_key UNIQUE (community_id, member_number),
    CONSTRAINT member_number_check CHECK (member_number >= 1),
    CONSTRAINT member_status_check CHECK (status IN ('applied', 'active', 'away', 'left', 'died')),
    CONSTRAINT member_erased_check CHECK (erased_at IS NULL OR status IN ('left', 'died'))
);
COMMENT ON COLUMN member.change_count IS 'counts every change of the member; their ETag';
COMMENT ON COLUMN member.frail IS 'two co-ordinators may name a delegate for them';

CREATE TABLE person (
    community_id integer NOT NULL,
    member_id uuid NOT NULL,
    name text NOT NULL,
    skeleton text NOT NULL,
    email text,
    email_key text GENERATED ALWAYS AS (lower(email)) STORED,
    phone text,
    address text,
    languages text[] NOT NULL,
    birth_year smallint,
    CONSTRAINT person_pkey PRIMARY KEY (community_id, member_id),
    CONSTRAINT person_birth_year_check CHECK (birth_year BETWEEN 1880 AND 2200)
);
CREATE INDEX person_skeleton_key ON person (community_id, skeleton);
-- On a column of its own: behind row-level security no index on lower(email) is used, since lower() might tell what
-- it saw (it is not LEAKPROOF).
CREATE INDEX person_email_key ON person (community_id, email_key);
COMMENT ON COLUMN person.skeleton IS 'the name as it looks, so that two names that look alike are found';

-- Stakeholder classes: several at a time, each with its dates.
CREATE TABLE member_class (
    community_id integer NOT NULL,
    member_id uuid NOT NULL,
    class text NOT NULL,
    from_on date NOT NULL,
    until_on date,
    CONSTRAINT member_class_pkey PRIMARY KEY (community_id, member_id, class, from_on),
    CONSTRAINT member_class_check
        CHECK (class IN ('worker', 'volunteer', 'service_user', 'family_member', 'capital_provider')),
    CONSTRAINT member_class_dates_check CHECK (until_on >= from_on)
);

-- Whose an account is: one member's own, or a household's several.
CREATE TABLE account_holder (
    community_id integer NOT NULL,
    account_id uuid NOT NULL,
    member_id uuid NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz,
    CONSTRAINT account_holder_pkey PRIMARY KEY (community_id, account_id, member_id, since)
);
CREATE UNIQUE INDEX account_holder_now_key ON account_holder (community_id, member_id, account_id) WHERE until IS NULL;

-- Who is whose relative, so that nobody decides about their own family.
CREATE TABLE relative (
    community_id integer NOT NULL,
    member_id uuid NOT NULL,
    relative_id uuid NOT NULL,
    relation text NOT NULL,
    CONSTRAINT relative_pkey PRIMARY KEY (community_id, member_id, relative_id),
    CONSTRAINT relative_check CHECK (member_id <> relative_id)
);
CREATE INDEX relative_of_key ON relative (community_id, relative_id);

CREATE TABLE member_role (
    community_id integer NOT NULL,
    member_id uuid NOT NULL,
    role text NOT NULL,
    granted_at timestamptz NOT NULL,
    granted_by uuid,
    approved_by uuid,
    ended_at timestamptz,
    ended_by uuid,
    grant_id uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT member_role_pkey PRIMARY KEY (community_id, member_id, grant_id),
    CONSTRAINT member_role_check CHECK (role IN ('coordinator', 'auditor', 'administrator')),
    CONSTRAINT member_role_two_check CHECK (approved_by IS DISTINCT FROM granted_by OR approved_by IS NULL),
    CONSTRAINT member_role_own_check CHECK (approved_by <> member_id)
);
-- One role at a time beside being a member: an auditor writes nothing, an administrator posts nothing.
CREATE UNIQUE INDEX member_role_now_key ON member_role (community_id, member_id) WHERE ended_at IS NULL;

-- Who may act for a member, in what, and until when.
CREATE TABLE delegation (
    community_id integer NOT NULL,
    delegation_id uuid NOT NULL,
    member_id uuid NOT NULL,
    delegate_id uuid NOT NULL,
    relation text NOT NULL,
    scopes text[] NOT NULL,
    monthly_cap bigint NOT NULL,
    from_on date NOT NULL,
    until_on date,
    given_by uuid NOT NULL,
    approved_by uuid,
    given_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by uuid,
    CONSTRAINT delegation_pkey PRIMARY KEY (community_id, delegation_id),
    CONSTRAINT delegation_self_check CHECK (member_id <> delegate_id),
    CONSTRAINT delegation_scopes_check
        CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['see', 'request', 'confirm', 'spend']),
    CONSTRAINT delegation_cap_check CHECK (monthly_cap >= 0 AND (monthly_cap > 0) = ('spend' = ANY(scopes))),
    CONSTRAINT delegation_dates_check CHECK (until_on >= from_on),
    -- Given by the member, or by two co-ordinators of whom neither is the delegate.
    CONSTRAINT delegation_given_check CHECK (
        given_by = member_id OR (approved_by IS NOT NULL AND approved_by <> given_by
            AND given_by <> delegate_id AND approved_by <> delegate_id)
    )
);
CREATE INDEX delegation_delegate_key ON delegation (community_id, delegate_id, given_at);
CREATE INDEX delegation_member_key ON delegation (community_id, member_id, given_at);

-- What a delegate has spent in a calendar month: changed only while the head is locked.
CREATE TABLE delegation_month (
    community_id integer NOT NULL,
    delegation_id uuid NOT NULL,
    month date NOT NULL,
    seconds bigint NOT NULL,
    CONSTRAINT delegation_month_pkey PRIMARY KEY (community_id, delegation_id, month),
    CONSTRAINT delegation_month_check CHECK (seconds >= 0 AND extract(day FROM month) = 1)
);

-- What one person proposed and another must approve.
CREATE TABLE proposal (
    community_id integer NOT NULL,
    proposal_id uuid NOT NULL,
    action text NOT NULL,
    body text NOT NULL,
    member_id uuid,
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT proposal_pkey PRIMARY KEY (community_id, proposal_id),
    CONSTRAINT proposal_proposer_key UNIQUE (community_id, proposal_id, proposed_by)
);
CREATE INDEX proposal_open_key ON proposal (community_id, expires_at);
COMMENT ON COLUMN proposal.member_id IS 'whom it concerns, who therefore does not approve it';
CREATE TABLE proposal_decision (
    community_id integer NOT NULL,
    proposal_id uuid NOT NULL,
    proposed_by uuid NOT NULL,
    outcome text NOT NULL,
    decided_by uuid NOT NULL,
    decided_at timestamptz NOT NULL,
    CONSTRAINT proposal_decision_pkey PRIMARY KEY (community_id, proposal_id),
    CONSTRAINT proposal_decision_proposal_fkey
        FOREIGN KEY (community_id, proposal_id, proposed_by)
        REFERENCES proposal (community_id, proposal_id, proposed_by),
    CONSTRAINT proposal_decision_outcome_check CHECK (outcome IN ('approved', 'declined', 'withdrawn')),
    -- The proposer may take a proposal back, and never approves it.
    CONSTRAINT proposal_decision_two_check CHECK ((outcome = 'withdrawn') = (decided_by = proposed_by))
);

-- What was written about it in free text, which may name somebody: apart, so that it can be erased.
CREATE TABLE proposal_note (
    community_id integer NOT NULL,
    proposal_id uuid NOT NULL,
    note text NOT NULL,
    CONSTRAINT proposal_note_pkey PRIMARY KEY (community_id, proposal_id)
);

-- An approved proposal for a card or a token makes one.
CREATE TABLE proposal_use (
    community_id integer NOT NULL,
    proposal_id uuid NOT NULL,
    used_at timestamptz NOT NULL,
    CONSTRAINT proposal_use_pkey PRIMARY KEY (community_id, proposal_id)
);

-- What a co-ordinator posted single-handed, so that a large adjustment is not split into small ones.
CREATE TABLE adjustment (
    community_id integer NOT NULL,
    member_id uuid NOT NULL,
    adjusted_at timestamptz NOT NULL,
    transfer_id uuid NOT NULL,
    seconds bigint NOT NULL,
    CONSTRAINT adjustment_pkey PRIMARY KEY (community_id, member_id, adjusted_at, transfer_id),
    CONSTRAINT adjustment_seconds_check CHECK (seconds > 0)
);

-- How people sign in. Of every secret only its SHA-256 is here.

CREATE TABLE card (
    community_id integer NOT NULL,
    card_id uuid NOT NULL,
    member_id uuid NOT NULL,
    secret_hash bytea NOT NULL,
    code_hash bytea NOT NULL,
    issued_by uuid,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT card_pkey PRIMARY KEY (community_id, card_id),
    CONSTRAINT card_secret_key UNIQUE (community_id, secret_hash),
    CONSTRAINT card_code_key UNIQUE (community_id, code_hash),
    CONSTRAINT card_own_check CHECK (issued_by <> member_id)
);
CREATE INDEX card_member_key ON card (community_id, member_id, issued_at);

CREATE TABLE session (
    community_id integer NOT NULL,
    session_hash bytea NOT NULL,
    session_id uuid NOT NULL,
    member_id uuid NOT NULL,
    method text NOT NULL,
    device text NOT NULL,
    strong_at timestamptz,
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT session_pkey PRIMARY KEY (community_id, session_hash),
    CONSTRAINT session_id_key UNIQUE (community_id, session_id),
    CONSTRAINT session_hash_check CHECK (octet_length(session_hash) = 32),
    CONSTRAINT session_method_check CHECK (method IN ('card', 'code', 'passkey', 'start'))
);
CREATE INDEX session_member_key ON session (community_id, member_id) WHERE ended_at IS NULL;
COMMENT ON COLUMN session.strong_at IS 'when a passkey was last shown; NULL when never, and then no role is in force';

CREATE TABLE passkey (
    community_id integer NOT NULL,
    credential_id bytea NOT NULL,
    passkey_id uuid NOT NULL,
    member_id uuid NOT NULL,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    label text NOT NULL,
    made_at timestamptz NOT NULL,
    used_at timestamptz,
    removed_at timestamptz,
    CONSTRAINT passkey_pkey PRIMARY KEY (community_id, credential_id),
    CONSTRAINT passkey_id_key UNIQUE (community_id, passkey_id)
);
CREATE INDEX passkey_member_key ON passkey (community_id, member_id);

-- A WebAuthn challenge, good once, in the browser it was given to.
CREATE TABLE challenge (
    community_id integer NOT NULL,
    challenge bytea NOT NULL,
    purpose text NOT NULL,
    browser_hash bytea NOT NULL,
    member_id uuid,
    expires_at timestamptz NOT NULL,
    CONSTRAINT challenge_pkey PRIMARY KEY (community_id, challenge),
    CONSTRAINT challenge_purpose_check CHECK (purpose IN ('register', 'sign_in', 'step_up'))
);

-- A one-time code sent by e-mail, good in the browser that asked for it. Unknown addresses get a row like any
-- other, with nobody in it, so that both take the same time.
CREATE TABLE mail_code (
    community_id integer NOT NULL,
    browser_hash bytea NOT NULL,
    code_hash bytea NOT NULL,
    member_id uuid,
    tries integer NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT mail_code_pkey PRIMARY KEY (community_id, browser_hash),
    CONSTRAINT mail_code_tries_check CHECK (tries BETWEEN 0 AND 5)
);

-- Counts that hold across processes and restarts: the moment from which the bucket is full again.
CREATE TABLE rate_limit (
    bucket bytea NOT NULL,
    full_at timestamptz NOT NULL,
    CONSTRAINT rate_limit_pkey PRIMARY KEY (bucket)
);
CREATE INDEX rate_limit_full_key ON rate_limit (full_at);

-- The link a first start prints, which makes the first community and its first co-ordinator.
CREATE TABLE start_link (
    link_hash bytea NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    founded_id integer,
    first_member_id uuid,
    CONSTRAINT start_link_pkey PRIMARY KEY (link_hash)
);

ALTER TABLE api_token
    ADD COLUMN scopes text[] NOT NULL DEFAULT ARRAY['read', 'post', 'manage', 'members'],
    ADD COLUMN made_by uuid,
    ADD COLUMN used_at timestamptz,
    ADD CONSTRAINT api_token_scopes_check
        CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'post', 'manage', 'members']);
ALTER TABLE api_token ALTER COLUMN scopes DROP DEFAULT;

-- The admin trail: every privileged act, each with a leaf in the log beside the transfers.
CREATE TABLE event (
    community_id integer NOT NULL,
    leaf_index bigint NOT NULL,
    event_id uuid NOT NULL,
    kind text NOT NULL,
    recorded_at timestamptz NOT NULL,
    via text NOT NULL,
    author_id text,
    member_id uuid,
    details text NOT NULL,
    salt text,
    digest text NOT NULL,
    CONSTRAINT event_pkey PRIMARY KEY (community_id, leaf_index),
    CONSTRAINT event_id_key UNIQUE (community_id, event_id),
    CONSTRAINT event_kind_check CHECK (kind ~ '^[a-z][a-z_]{0,31}$'),
    CONSTRAINT event_recorded_check CHECK (recorded_at = date_trunc('second', recorded_at)),
    CONSTRAINT event_digest_check CHECK (length(digest) = 43)
);
CREATE INDEX event_member_key ON event (community_id, member_id, leaf_index);
COMMENT ON COLUMN event.details IS 'canonical JSON of ids, numbers and words of ours: never a name or an address';
COMMENT ON COLUMN event.salt IS 'NULL once the member was erased: the digest then says nothing any more';

-- Who posted a transfer, where a person did. The leaf says in what capacity, and holds the digest of who.
ALTER TABLE transfer ADD COLUMN via text, ADD COLUMN author_digest text,
    ADD CONSTRAINT transfer_via_check
        CHECK (via IN ('member', 'delegate', 'coordinator') AND author_digest IS NOT NULL
            OR via IS NULL AND author_digest IS NULL);
CREATE TABLE transfer_author (
    community_id integer NOT NULL,
    transfer_id uuid NOT NULL,
    member_id uuid NOT NULL,
    for_member_id uuid,
    salt text,
    CONSTRAINT transfer_author_pkey PRIMARY KEY (community_id, transfer_id)
);
-- Partial, so that reading a transfer never takes one of these for its key. For erasing.
CREATE INDEX transfer_author_member_key ON transfer_author (community_id, member_id) WHERE salt IS NOT NULL;
CREATE INDEX transfer_author_for_key ON transfer_author (community_id, for_member_id)
    WHERE for_member_id IS NOT NULL AND salt IS NOT NULL;

DROP FUNCTION append_batch;
-- As in 0001, with who posted each transfer. A row that is short of an array's value takes NULL.
CREATE FUNCTION append_batch(
    the_community integer, now timestamptz,
    transfer_ids uuid[], leaf_indexes bigint[], kinds text[], service_dates date[], reverses_ids uuid[],
    hold_ids uuid[], fingerprints bytea[], note_digests text[], vias text[], author_digests text[],
    leaf_hashes bytea[], payloads bytea[],
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
        fingerprint, note_digest, via, author_digest)
    SELECT the_community, now, u.*
    FROM unnest(transfer_ids, leaf_indexes, kinds, service_dates, reverses_ids, hold_ids, fingerprints,
        note_digests, vias, author_digests) AS u;
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

GRANT SELECT, INSERT ON member, person, member_class, account_holder, relative, member_role, delegation,
    delegation_month, proposal, proposal_decision, proposal_note, proposal_use, adjustment, card, session, passkey,
    challenge, mail_code, rate_limit, start_link, event, transfer_author TO carehours_service;
GRANT UPDATE (status, status_since, frail, change_count, erased_at) ON member TO carehours_service;
GRANT UPDATE (name, skeleton, email, phone, address, languages, birth_year) ON person TO carehours_service;
GRANT UPDATE (until_on) ON member_class TO carehours_service;
GRANT UPDATE (until) ON account_holder TO carehours_service;
GRANT UPDATE (ended_at, ended_by) ON member_role TO carehours_service;
GRANT UPDATE (ended_at, ended_by) ON delegation TO carehours_service;
GRANT UPDATE (seconds) ON delegation_month TO carehours_service;
GRANT UPDATE (used_at, revoked_at) ON card TO carehours_service;
GRANT UPDATE (seen_at, ended_at) ON session TO carehours_service;
GRANT UPDATE (sign_count, used_at, removed_at, label) ON passkey TO carehours_service;
GRANT UPDATE (tries, code_hash, member_id, expires_at) ON mail_code TO carehours_service;
GRANT UPDATE (full_at) ON rate_limit TO carehours_service;
GRANT UPDATE (used_at, founded_id, first_member_id) ON start_link TO carehours_service;
GRANT UPDATE (used_at) ON api_token TO carehours_service;
GRANT DELETE ON person, relative, member_class, challenge, mail_code, rate_limit, session, card, passkey,
    start_link TO carehours_service;
-- Erasing a person: what ties them to the log, and the texts about them. An erased event says so in the log, and
-- the audit accepts what is missing only with such an event.
GRANT UPDATE (salt) ON event, transfer_author TO carehours_service;
GRANT UPDATE (fingerprint) ON request TO carehours_service;
GRANT DELETE ON account_secret, account_name, transfer_note, proposal_note, import_line TO carehours_service;

-- The second wall between communities: the service's role sees the rows of the community it has entered, and none
-- when a query forgot to enter one. The tables without a community's rows are community, rate_limit and start_link.
CREATE FUNCTION entered_community() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('carehours.community', true), '')::integer
$$;
DO $$
DECLARE
    guarded text;
BEGIN
    FOR guarded IN
        SELECT c.table_name FROM information_schema.columns c
        WHERE c.table_schema = 'public' AND c.column_name = 'community_id' AND c.table_name <> 'community'
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY entered_community ON %I TO carehours_service'
            ' USING (community_id = (SELECT entered_community()))', guarded);
    END LOOP;
END $$;
-- A token does not say whose it is: this one look-up crosses the wall, and answers with a community's number only.
CREATE FUNCTION community_of_token(the_token_id text) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT community_id FROM api_token WHERE token_id = the_token_id
$$;
REVOKE ALL ON FUNCTION community_of_token FROM PUBLIC;
GRANT EXECUTE ON FUNCTION community_of_token TO carehours_service;
