-- Well-being after visits, and social reports: targets, texts, evidence packs.

-- How a visit was for one of the two, in their own words of one to five. Never in the log, and never shown singly.
CREATE TABLE well_being (
    community_id integer NOT NULL,
    claim_id uuid NOT NULL,
    member_id uuid NOT NULL,
    side text NOT NULL,
    visit smallint,
    after smallint,
    answer_id uuid NOT NULL,
    via text NOT NULL,
    answered_at timestamptz NOT NULL,
    CONSTRAINT well_being_pkey PRIMARY KEY (community_id, claim_id, member_id),
    CONSTRAINT well_being_side_check CHECK (side IN ('provider', 'receiver')),
    CONSTRAINT well_being_via_check CHECK (via IN ('member', 'coordinator')),
    CONSTRAINT well_being_scale_check CHECK (visit BETWEEN 1 AND 5 AND after BETWEEN 1 AND 5),
    CONSTRAINT well_being_said_check CHECK (visit IS NOT NULL OR after IS NOT NULL)
);
CREATE INDEX well_being_answered_key ON well_being (community_id, answered_at);
CREATE INDEX well_being_member_key ON well_being (community_id, member_id);
COMMENT ON COLUMN well_being.answered_at IS 'when it was first answered; it may be changed for a week';
COMMENT ON COLUMN well_being.via IS 'coordinator when it was typed from paper; who typed it is not kept';

-- What a co-op wants a number of the report to be; the newest of a measure counts, NULL for none any more.
CREATE TABLE social_target (
    community_id integer NOT NULL,
    measure text NOT NULL,
    target_number integer NOT NULL,
    target bigint,
    set_at timestamptz NOT NULL,
    set_by uuid NOT NULL,
    CONSTRAINT social_target_pkey PRIMARY KEY (community_id, measure, target_number),
    CONSTRAINT social_target_check CHECK (target >= 0)
);

-- What co-ordinators write beside the numbers of a range of days.
CREATE TABLE social_text (
    community_id integer NOT NULL,
    from_on date NOT NULL,
    until_on date NOT NULL,
    aims text NOT NULL,
    deeds text NOT NULL,
    difference text NOT NULL,
    learned text NOT NULL,
    change_count integer NOT NULL,
    written_by uuid,
    written_at timestamptz NOT NULL,
    CONSTRAINT social_text_pkey PRIMARY KEY (community_id, from_on, until_on)
);
CREATE INDEX social_text_author_key ON social_text (community_id, written_by);

-- Evidence packs: what is needed to make each again, byte by byte.
CREATE TABLE social_pack (
    community_id integer NOT NULL,
    pack_id uuid NOT NULL,
    from_on date NOT NULL,
    until_on date NOT NULL,
    as_of timestamptz NOT NULL,
    tree_size bigint NOT NULL,
    checkpoint text NOT NULL,
    held text NOT NULL,
    signature text NOT NULL,
    sha256 bytea NOT NULL,
    made_by uuid,
    made_at timestamptz NOT NULL,
    CONSTRAINT social_pack_pkey PRIMARY KEY (community_id, pack_id),
    CONSTRAINT social_pack_sha256_check CHECK (octet_length(sha256) = 32)
);
CREATE INDEX social_pack_made_key ON social_pack (community_id, made_at, pack_id);
COMMENT ON COLUMN social_pack.held IS 'canonical JSON of the numbers that rest on what changes without a trace, as they were';

GRANT SELECT, INSERT, DELETE ON well_being TO carehours_service;
GRANT UPDATE (visit, after, answer_id, via) ON well_being TO carehours_service;
GRANT SELECT, INSERT ON social_target, social_text, social_pack TO carehours_service;
GRANT UPDATE (aims, deeds, difference, learned, change_count, written_by, written_at)
    ON social_text TO carehours_service;

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['well_being', 'social_target', 'social_text', 'social_pack']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY entered_community ON %I TO carehours_service'
            ' USING (community_id = (SELECT entered_community()))', guarded);
    END LOOP;
END $$;

-- A report looks at the first answer to each of a range's claims: with the answer beside its key, one look is enough.
ALTER TABLE claim_event
    DROP CONSTRAINT claim_event_pkey,
    ADD CONSTRAINT claim_event_pkey PRIMARY KEY (community_id, claim_id, event_number) INCLUDE (kind, via, at);
-- Made again after it: of two indexes that promise the same, as they do while the table is empty, the planner takes the
-- newer, and a plan made then is kept while the table grows.
DROP INDEX claim_event_transfer_key;
CREATE UNIQUE INDEX claim_event_transfer_key ON claim_event (community_id, transfer_id)
    WHERE transfer_id IS NOT NULL;

-- A claim as it stood before a moment: what its steps up to then left, and what a dispute had found to be its length by
-- then. Steps are only added, so what this says of a past moment never changes. `standing` leaves disputes out of
-- account that have no outcome: `disputed` says whether there is one. `answer` is the step after the logging. Put in
-- place by the planner, as a view with parameters.
-- What was only logged and answered was never disputed, and needs no second look.
CREATE FUNCTION claim_as_of(
    the_community integer, the_claim uuid, event_count integer, recorded_seconds bigint, as_of timestamptz
)
RETURNS TABLE (
    seconds bigint, standing text, paid boolean, disputed boolean, answer text, answered_via text,
    answered_at timestamptz
) LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT
        CASE WHEN event_count > 2 THEN coalesce((
            SELECT corrected_seconds
            FROM dispute
            WHERE community_id = the_community AND claim_id = the_claim AND outcome = 'corrected'
                AND resolved_at < as_of
            ORDER BY event_number DESC
            LIMIT 1
        ), recorded_seconds) ELSE recorded_seconds END,
        k.standing, k.standing = 'posted',
        CASE WHEN event_count > 2 THEN coalesce((
            SELECT kind = 'disputed'
            FROM claim_event
            WHERE community_id = the_community AND claim_id = the_claim AND at < as_of
            ORDER BY event_number DESC
            LIMIT 1
        ), false) ELSE s.kind IS NOT DISTINCT FROM 'disputed' END,
        s.kind, s.via, s.at
    FROM (VALUES (1)) AS one
    LEFT JOIN LATERAL (
        SELECT kind, via, at
        FROM claim_event
        WHERE community_id = the_community AND claim_id = the_claim AND event_number = 2 AND at < as_of
        OFFSET 0
    ) s ON true
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN event_count > 2 THEN (
                SELECT CASE kind WHEN 'corrected' THEN 'posted' ELSE kind END
                FROM claim_event
                WHERE community_id = the_community AND claim_id = the_claim AND at < as_of
                    AND kind NOT IN ('disputed', 'undisputed', 'upheld')
                ORDER BY event_number DESC
                LIMIT 1
            )
            WHEN s.kind IS NULL OR s.kind = 'disputed' THEN 'logged'
            ELSE s.kind
        END AS standing
    ) k
$$;
