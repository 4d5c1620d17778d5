-- Hours become credits, credits become care: policy, claims, disputes, requests for care, pots, clearances, periods.
-- A row that was written stays as it was. What changes (a claim's state, a request's) is derived from its events,
-- which are only added. Free text stands apart from the facts, where it can be erased.

-- Read with the head by every batch, so that nobody posts under rules that ended while they waited for the lock.
ALTER TABLE log_head
    ADD COLUMN policy_version integer NOT NULL DEFAULT 0,
    ADD COLUMN closed_through date,
    ADD CONSTRAINT log_head_policy_check CHECK (policy_version >= 0);
COMMENT ON COLUMN log_head.policy_version IS 'newest version in policy; 0 while the community has none of its own';
COMMENT ON COLUMN log_head.closed_through IS 'last day of the newest closed period: nothing is posted on or before it';

CREATE TABLE policy (
    community_id integer NOT NULL,
    version integer NOT NULL,
    in_force_from date NOT NULL,
    source text NOT NULL,
    rules text NOT NULL,
    applied_at timestamptz NOT NULL,
    applied_by uuid,
    CONSTRAINT policy_pkey PRIMARY KEY (community_id, version),
    CONSTRAINT policy_community_fkey FOREIGN KEY (community_id) REFERENCES community,
    CONSTRAINT policy_version_check CHECK (version >= 1)
);
COMMENT ON COLUMN policy.source IS 'the file as it was applied';
COMMENT ON COLUMN policy.rules IS 'canonical JSON of what it says; its hash is in the log';

CREATE TABLE closed_period (
    community_id integer NOT NULL,
    through_on date NOT NULL,
    closed_at timestamptz NOT NULL,
    closed_by uuid,
    CONSTRAINT closed_period_pkey PRIMARY KEY (community_id, through_on)
);

CREATE TABLE claim (
    community_id integer NOT NULL,
    claim_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    receiver_id uuid NOT NULL,
    activity text NOT NULL,
    service_on date NOT NULL,
    from_time time,
    to_time time,
    recorded_seconds bigint NOT NULL,
    policy_version integer NOT NULL,
    provider_account_id uuid NOT NULL,
    receiver_account_id uuid NOT NULL,
    care_request_id uuid,
    session_id uuid,
    logged_by text,
    logged_via text NOT NULL,
    logged_at timestamptz NOT NULL,
    due_at timestamptz,
    -- Derived from claim_event.
    state text NOT NULL,
    event_count integer NOT NULL,
    posting_count integer NOT NULL,
    credited_seconds bigint NOT NULL,
    paid_seconds bigint NOT NULL,
    CONSTRAINT claim_pkey PRIMARY KEY (community_id, claim_id),
    CONSTRAINT claim_people_check CHECK (provider_id <> receiver_id),
    CONSTRAINT claim_accounts_check CHECK (provider_account_id <> receiver_account_id),
    CONSTRAINT claim_seconds_check CHECK (recorded_seconds BETWEEN 1 AND 86400),
    CONSTRAINT claim_credited_check CHECK (credited_seconds >= 0 AND paid_seconds >= 0),
    CONSTRAINT claim_times_check CHECK ((from_time IS NULL) = (to_time IS NULL)),
    CONSTRAINT claim_state_check
        CHECK (state IN ('submitted', 'posted', 'declined', 'withdrawn', 'disputed', 'reversed')),
    CONSTRAINT claim_due_check CHECK (due_at IS NULL OR due_at > logged_at)
) WITH (fillfactor = 80, autovacuum_vacuum_insert_scale_factor = 0.05);
COMMENT ON COLUMN claim.recorded_seconds IS 'what happened; credited_seconds is what the provider got for it, after the rate card and the caps';
COMMENT ON COLUMN claim.paid_seconds IS 'what the payer gave for it: by the tariff';
COMMENT ON COLUMN claim.due_at IS 'when silence confirms it; NULL for never';
COMMENT ON COLUMN claim.posting_count IS 'how often it was posted, corrections included: it names the next posting';
-- Who did what on which day, for caps and overlaps: a week of one person, however long the history.
CREATE INDEX claim_provider_key ON claim (community_id, provider_id, service_on);
CREATE INDEX claim_receiver_key ON claim (community_id, receiver_id, service_on);
CREATE INDEX claim_logged_key ON claim (community_id, logged_at, claim_id);
CREATE INDEX claim_care_request_key ON claim (community_id, care_request_id) WHERE care_request_id IS NOT NULL;
CREATE INDEX claim_session_key ON claim (community_id, session_id) WHERE session_id IS NOT NULL;
COMMENT ON COLUMN claim.session_id IS 'the group session it belongs to: one of several claims logged together';

-- The claims that wait for an answer: derived, so that finding them does not slow down with history, and so that the
-- state stands in no index of claim: a confirmation then changes its row in place.
CREATE TABLE open_claim (
    community_id integer NOT NULL,
    claim_id uuid NOT NULL,
    logged_at timestamptz NOT NULL,
    due_at timestamptz,
    CONSTRAINT open_claim_pkey PRIMARY KEY (community_id, claim_id)
);
CREATE INDEX open_claim_due_key ON open_claim (community_id, due_at, claim_id);
CREATE INDEX open_claim_logged_key ON open_claim (community_id, logged_at, claim_id);

CREATE TABLE claim_note (
    community_id integer NOT NULL,
    claim_id uuid NOT NULL,
    note text NOT NULL,
    CONSTRAINT claim_note_pkey PRIMARY KEY (community_id, claim_id)
);

CREATE TABLE claim_event (
    community_id integer NOT NULL,
    claim_id uuid NOT NULL,
    event_number integer NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    by_id text,
    via text NOT NULL,
    for_member_id uuid,
    transfer_id uuid,
    credited_seconds bigint,
    paid_seconds bigint,
    payer_account_id uuid,
    CONSTRAINT claim_event_pkey PRIMARY KEY (community_id, claim_id, event_number),
    CONSTRAINT claim_event_kind_check CHECK (kind IN
        ('logged', 'posted', 'declined', 'withdrawn', 'disputed', 'undisputed', 'upheld', 'corrected', 'reversed')),
    CONSTRAINT claim_event_via_check CHECK (via IN
        ('member', 'delegate', 'coordinator', 'token', 'shell', 'silence'))
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);
COMMENT ON COLUMN claim_event.transfer_id IS 'the transfer this step posted';
-- One transfer pays one claim, once.
CREATE UNIQUE INDEX claim_event_transfer_key ON claim_event (community_id, transfer_id)
    WHERE transfer_id IS NOT NULL;

-- Why somebody declined, withdrew or disputed.
CREATE TABLE claim_reason (
    community_id integer NOT NULL,
    claim_id uuid NOT NULL,
    event_number integer NOT NULL,
    reason text NOT NULL,
    CONSTRAINT claim_reason_pkey PRIMARY KEY (community_id, claim_id, event_number)
);

-- Two claims that look like one, or that one person cannot both have been at. Found on arrival.
CREATE TABLE claim_overlap (
    community_id integer NOT NULL,
    claim_id uuid NOT NULL,
    other_id uuid NOT NULL,
    kind text NOT NULL,
    found_at timestamptz NOT NULL,
    seen_at timestamptz,
    seen_by uuid,
    CONSTRAINT claim_overlap_pkey PRIMARY KEY (community_id, claim_id, other_id),
    CONSTRAINT claim_overlap_kind_check CHECK (kind IN ('duplicate', 'provider', 'receiver'))
);
CREATE INDEX claim_overlap_other_key ON claim_overlap (community_id, other_id);
CREATE INDEX claim_overlap_open_key ON claim_overlap (community_id, found_at) WHERE seen_at IS NULL;

-- What somebody has been credited in all, for lifetime caps: changed only while the head is locked.
CREATE TABLE earned_total (
    community_id integer NOT NULL,
    member_id uuid NOT NULL,
    seconds bigint NOT NULL,
    CONSTRAINT earned_total_pkey PRIMARY KEY (community_id, member_id),
    CONSTRAINT earned_total_check CHECK (seconds >= 0)
) WITH (fillfactor = 50);

CREATE TABLE dispute (
    community_id integer NOT NULL,
    dispute_id uuid NOT NULL,
    claim_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    receiver_id uuid NOT NULL,
    event_number integer NOT NULL,
    opened_by uuid NOT NULL,
    opened_side text NOT NULL,
    opened_at timestamptz NOT NULL,
    deadline_on date NOT NULL,
    claim_state text NOT NULL,
    outcome text,
    resolved_by uuid,
    resolved_at timestamptz,
    corrected_seconds bigint,
    CONSTRAINT dispute_pkey PRIMARY KEY (community_id, dispute_id),
    CONSTRAINT dispute_side_check CHECK (opened_side IN ('provider', 'receiver', 'coordinator')),
    CONSTRAINT dispute_claim_state_check CHECK (claim_state IN ('submitted', 'declined', 'posted')),
    CONSTRAINT dispute_outcome_check CHECK (outcome IN ('upheld', 'corrected', 'reversed', 'withdrawn')),
    CONSTRAINT dispute_resolved_check CHECK ((outcome IS NULL) = (resolved_at IS NULL)),
    CONSTRAINT dispute_corrected_check CHECK ((corrected_seconds IS NOT NULL) = (outcome IS NOT NULL AND outcome = 'corrected'))
);
-- One open dispute a claim.
CREATE UNIQUE INDEX dispute_open_key ON dispute (community_id, claim_id) WHERE outcome IS NULL;
CREATE INDEX dispute_claim_key ON dispute (community_id, claim_id, event_number);
-- Those that wait come first in a list.
CREATE INDEX dispute_listed_key ON dispute (community_id, (outcome IS NULL), opened_at, dispute_id);
CREATE INDEX dispute_provider_key ON dispute (community_id, provider_id);
CREATE INDEX dispute_receiver_key ON dispute (community_id, receiver_id);
COMMENT ON COLUMN dispute.event_number IS 'the step of the claim that opened it: the postings of the steps behind it are its own';
COMMENT ON COLUMN dispute.opened_side IS 'a delegate stands on the side of the receiver';
COMMENT ON COLUMN dispute.claim_state IS 'how the claim stood when it was disputed';
CREATE TABLE dispute_statement (
    community_id integer NOT NULL,
    dispute_id uuid NOT NULL,
    statement_number integer NOT NULL,
    member_id uuid NOT NULL,
    side text NOT NULL,
    made_at timestamptz NOT NULL,
    statement text,
    CONSTRAINT dispute_statement_pkey PRIMARY KEY (community_id, dispute_id, statement_number),
    CONSTRAINT dispute_statement_side_check CHECK (side IN ('provider', 'receiver', 'coordinator'))
);
COMMENT ON COLUMN dispute_statement.statement IS 'NULL once one of the two was erased';

-- A family's request for care. What it reserves is a hold of the same community.
CREATE TABLE care_request (
    community_id integer NOT NULL,
    care_request_id uuid NOT NULL,
    series_id uuid,
    receiver_id uuid NOT NULL,
    asked_by text,
    asked_via text NOT NULL,
    activity text NOT NULL,
    care_on date NOT NULL,
    from_time time,
    seconds bigint NOT NULL,
    payer_account_id uuid NOT NULL,
    hold_id uuid,
    held_seconds bigint NOT NULL,
    policy_version integer NOT NULL,
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- Derived from care_request_event.
    state text NOT NULL,
    event_count integer NOT NULL,
    taken_by uuid,
    CONSTRAINT care_request_pkey PRIMARY KEY (community_id, care_request_id),
    CONSTRAINT care_request_seconds_check CHECK (seconds BETWEEN 1 AND 86400 AND held_seconds >= 0),
    CONSTRAINT care_request_hold_check CHECK ((hold_id IS NULL) = (held_seconds = 0)),
    CONSTRAINT care_request_state_check CHECK (state IN ('open', 'taken', 'settled', 'cancelled')),
    CONSTRAINT care_request_taken_check CHECK (state NOT IN ('taken', 'settled') OR taken_by IS NOT NULL)
);
COMMENT ON COLUMN care_request.state IS 'an open or taken one past expires_at has expired, whether or not anybody looked';
CREATE INDEX care_request_open_key ON care_request (community_id, care_on, care_request_id) WHERE state = 'open';
CREATE INDEX care_request_day_key ON care_request (community_id, care_on, care_request_id);
-- What a pot has set aside: no counter to correct when a request expires, is cancelled or settled.
CREATE INDEX care_request_payer_key ON care_request (community_id, payer_account_id, care_on)
    WHERE state IN ('open', 'taken') AND hold_id IS NOT NULL;
CREATE INDEX care_request_receiver_key ON care_request (community_id, receiver_id, care_on);
CREATE INDEX care_request_taken_key ON care_request (community_id, taken_by, care_on) WHERE taken_by IS NOT NULL;
CREATE TABLE care_request_note (
    community_id integer NOT NULL,
    care_request_id uuid NOT NULL,
    area text,
    note text,
    CONSTRAINT care_request_note_pkey PRIMARY KEY (community_id, care_request_id)
);
COMMENT ON COLUMN care_request_note.area IS 'roughly where: a part of town, never an address';
CREATE TABLE care_request_event (
    community_id integer NOT NULL,
    care_request_id uuid NOT NULL,
    event_number integer NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    by_id text,
    via text NOT NULL,
    for_member_id uuid,
    claim_id uuid,
    CONSTRAINT care_request_event_pkey PRIMARY KEY (community_id, care_request_id, event_number),
    CONSTRAINT care_request_event_kind_check
        CHECK (kind IN ('asked', 'taken', 'given_back', 'cancelled', 'settled'))
);

-- What a pot is for and how far it may be spent: the newest rule of an account counts.
CREATE TABLE pot_rule (
    community_id integer NOT NULL,
    account_id uuid NOT NULL,
    rule_number integer NOT NULL,
    purpose text NOT NULL,
    eligible text NOT NULL,
    monthly_budget bigint,
    member_monthly bigint,
    signature_limit bigint NOT NULL,
    set_at timestamptz NOT NULL,
    set_by uuid,
    CONSTRAINT pot_rule_pkey PRIMARY KEY (community_id, account_id, rule_number),
    CONSTRAINT pot_rule_purpose_check CHECK (purpose IN ('community', 'hardship', 'guarantee')),
    CONSTRAINT pot_rule_eligible_check CHECK (eligible IN ('anybody', 'frail', 'service_user')),
    CONSTRAINT pot_rule_amounts_check
        CHECK (monthly_budget >= 0 AND member_monthly >= 0 AND signature_limit >= 0)
);
COMMENT ON COLUMN pot_rule.signature_limit IS 'a grant of more seconds takes a second person';
-- What a pot gave to whom in a calendar month: changed only while the head is locked.
CREATE TABLE pot_month (
    community_id integer NOT NULL,
    account_id uuid NOT NULL,
    month date NOT NULL,
    member_id uuid NOT NULL,
    seconds bigint NOT NULL,
    CONSTRAINT pot_month_pkey PRIMARY KEY (community_id, account_id, month, member_id),
    CONSTRAINT pot_month_check CHECK (seconds >= 0 AND extract(day FROM month) = 1)
);

CREATE TABLE clearance (
    community_id integer NOT NULL,
    clearance_id uuid NOT NULL,
    member_id uuid NOT NULL,
    kind text NOT NULL,
    issued_on date NOT NULL,
    expires_on date,
    verified_by uuid,
    recorded_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_by uuid,
    CONSTRAINT clearance_pkey PRIMARY KEY (community_id, clearance_id),
    CONSTRAINT clearance_kind_check CHECK (kind ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    CONSTRAINT clearance_dates_check CHECK (expires_on >= issued_on),
    CONSTRAINT clearance_own_check CHECK (verified_by <> member_id)
);
CREATE INDEX clearance_member_key ON clearance (community_id, member_id, kind);
CREATE INDEX clearance_expiry_key ON clearance (community_id, expires_on)
    WHERE expires_on IS NOT NULL AND revoked_at IS NULL;

-- What a co-ordinator should look at: a balance past a soft limit.
CREATE TABLE task (
    community_id integer NOT NULL,
    task_id uuid NOT NULL,
    kind text NOT NULL,
    member_id uuid NOT NULL,
    account_id uuid,
    balance bigint,
    made_at timestamptz NOT NULL,
    done_at timestamptz,
    done_by uuid,
    CONSTRAINT task_pkey PRIMARY KEY (community_id, task_id),
    CONSTRAINT task_kind_check CHECK (kind IN ('below_soft_floor', 'above_soft_ceiling'))
);
-- One open task of a kind for an account: the same thing is not told twice.
CREATE UNIQUE INDEX task_open_key ON task (community_id, account_id, kind) WHERE done_at IS NULL;

-- Reasons a posting may have beside those of 0001.
ALTER TABLE transfer DROP CONSTRAINT transfer_kind_check, ADD CONSTRAINT transfer_kind_check
    CHECK (kind IN ('care', 'redeem', 'gift', 'grant', 'adjust', 'reverse', 'settle', 'import', 'inherit', 'lapse'));

GRANT SELECT, INSERT ON policy, closed_period, claim, open_claim, claim_note, claim_event, claim_reason, claim_overlap,
    earned_total, dispute, dispute_statement, care_request, care_request_note, care_request_event, pot_rule,
    pot_month, clearance, task TO carehours_service;
GRANT UPDATE (policy_version, closed_through) ON log_head TO carehours_service;
GRANT UPDATE (state, event_count, posting_count, credited_seconds, paid_seconds) ON claim TO carehours_service;
GRANT UPDATE (seen_at, seen_by) ON claim_overlap TO carehours_service;
GRANT UPDATE (seconds) ON earned_total, pot_month TO carehours_service;
GRANT UPDATE (outcome, resolved_by, resolved_at, corrected_seconds) ON dispute TO carehours_service;
GRANT UPDATE (state, event_count, taken_by) ON care_request TO carehours_service;
GRANT UPDATE (revoked_at, revoked_by) ON clearance TO carehours_service;
GRANT UPDATE (done_at, done_by) ON task TO carehours_service;
-- Erasing.
GRANT UPDATE (statement) ON dispute_statement TO carehours_service;
GRANT DELETE ON open_claim TO carehours_service;
GRANT DELETE ON claim_note, claim_reason, care_request_note TO carehours_service;

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['policy', 'closed_period', 'claim', 'open_claim', 'claim_note', 'claim_event', 'claim_reason',
        'claim_overlap', 'earned_total', 'dispute', 'dispute_statement', 'care_request', 'care_request_note',
        'care_request_event', 'pot_rule', 'pot_month', 'clearance', 'task']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY entered_community ON %I TO carehours_service'
            ' USING (community_id = (SELECT entered_community()))', guarded);
    END LOOP;
END $$;

-- What a batch of claims changes, in one round trip, as append_batch does for the books. Totals are set, not added
-- to: judging worked them out while the head was locked. A row that is short of an array's value takes NULL.
CREATE FUNCTION append_claims(
    the_community integer, now timestamptz,
    claim_ids uuid[], states text[], event_counts integer[], posting_counts integer[], credited bigint[],
    paid bigint[],
    step_claim_ids uuid[], step_numbers integer[], step_kinds text[], step_bys text[], step_vias text[],
    step_fors uuid[], step_transfer_ids uuid[], step_credited bigint[], step_paid bigint[], step_payers uuid[],
    earner_ids uuid[], earner_totals bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE claim c
    SET state = u.state, event_count = u.event_count, posting_count = u.posting_count,
        credited_seconds = u.credited_seconds, paid_seconds = u.paid_seconds
    FROM unnest(claim_ids, states, event_counts, posting_counts, credited, paid)
        AS u (claim_id, state, event_count, posting_count, credited_seconds, paid_seconds)
    WHERE c.community_id = the_community AND c.claim_id = u.claim_id AND c.claim_id = ANY(claim_ids);
    INSERT INTO open_claim (community_id, claim_id, logged_at, due_at)
    SELECT the_community, u.claim_id, c.logged_at, c.due_at
    FROM unnest(claim_ids, states) AS u (claim_id, state)
    CROSS JOIN LATERAL (
        SELECT logged_at, due_at FROM claim
        WHERE community_id = the_community AND claim_id = u.claim_id
        OFFSET 0
    ) c
    WHERE u.state = 'submitted'
    ON CONFLICT (community_id, claim_id) DO NOTHING;
    DELETE FROM open_claim o
    USING unnest(claim_ids, states) AS u (claim_id, state)
    WHERE o.community_id = the_community AND o.claim_id = u.claim_id AND u.state <> 'submitted'
        AND o.claim_id = ANY(claim_ids);
    INSERT INTO claim_event (community_id, at, claim_id, event_number, kind, by_id, via, for_member_id, transfer_id,
        credited_seconds, paid_seconds, payer_account_id)
    SELECT the_community, now, u.*
    FROM unnest(step_claim_ids, step_numbers, step_kinds, step_bys, step_vias, step_fors, step_transfer_ids,
        step_credited, step_paid, step_payers) AS u;
    INSERT INTO earned_total AS e (community_id, member_id, seconds)
    SELECT the_community, u.*
    FROM unnest(earner_ids, earner_totals) AS u
    ON CONFLICT (community_id, member_id) DO UPDATE SET seconds = excluded.seconds;
END $$;

-- What goes with a batch of the books now and then, in one round trip.
CREATE FUNCTION append_beside(
    the_community integer, now timestamptz,
    noted_ids uuid[], note_salts text[], notes text[],
    authored_ids uuid[], member_ids uuid[], for_member_ids uuid[], author_salts text[],
    request_ids uuid[], actions text[], fingerprints bytea[], refusals text[], details text[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO transfer_note (community_id, transfer_id, salt, note)
    SELECT the_community, u.* FROM unnest(noted_ids, note_salts, notes) AS u;
    INSERT INTO transfer_author (community_id, transfer_id, member_id, for_member_id, salt)
    SELECT the_community, u.* FROM unnest(authored_ids, member_ids, for_member_ids, author_salts) AS u;
    INSERT INTO request (community_id, answered_at, request_id, action, fingerprint, refusal, detail)
    SELECT the_community, now, u.* FROM unnest(request_ids, actions, fingerprints, refusals, details) AS u;
END $$;
