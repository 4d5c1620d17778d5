"""The second wall: what the database itself refuses the service, whatever the code says.

Every statement here is one that nobody wrote: without a community's number, with another's, or against the rules
about who decides. The service's role is asked, on the connections the service uses.
"""

from uuid import UUID, uuid4

import asyncpg
import pytest

from ledger.book.authors import SHELL
from ledger.people.roles import Scope
from ledger.people.tokens import create_token
from tests.conftest import ISSUER
from tests.people import member

NOBODYS = {"community", "rate_limit", "start_link", "alembic_version"}
"""Tables without a community's rows."""

WITH_COMMUNITY = """
    SELECT c.relname AS name, c.relrowsecurity AS guarded, pg_get_userbyid(c.relowner) AS owner,
        coalesce(array_agg(pg_get_expr(p.polqual, p.polrelid)) FILTER (WHERE p.polname IS NOT NULL), '{}') AS rules,
        bool_and(p.polcmd = '*' AND p.polpermissive AND p.polwithcheck IS NULL) AS whole
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'community_id' AND NOT a.attisdropped
    LEFT JOIN pg_policy p ON p.polrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
        AND c.relname <> 'community'
    GROUP BY c.oid ORDER BY c.relname
"""
RULE = "(community_id = ( SELECT entered_community() AS entered_community))"


async def unguarded(owner):
    """The tables that hold communities' rows and are not behind the wall."""
    return [
        row["name"]
        for row in await owner.fetch(WITH_COMMUNITY)
        if not (row["guarded"] and row["rules"] == [RULE] and row["whole"])
    ]


@pytest.fixture
async def elm(ledger):
    return await ledger.found("elm", "Elm Street", ISSUER, "care.example.org/elm")


async def test_every_table_with_a_communitys_rows_is_behind_the_wall(ledger, owner):
    assert await unguarded(owner) == []
    names = {row["name"] for row in await owner.fetch(WITH_COMMUNITY)}
    others = {
        row[0] for row in await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    }
    assert others - names == NOBODYS


async def test_a_table_added_without_a_policy_would_be_noticed(owner):
    await owner.execute("CREATE TABLE parcel (community_id integer, note text)")
    assert await unguarded(owner) == ["parcel"]
    await owner.execute("ALTER TABLE parcel ENABLE ROW LEVEL SECURITY")
    assert await unguarded(owner) == ["parcel"]
    await owner.execute("CREATE POLICY all_of_it ON parcel TO carehours_service USING (true)")
    assert await unguarded(owner) == ["parcel"]
    await owner.execute("DROP POLICY all_of_it ON parcel")
    await owner.execute(
        "CREATE POLICY entered_community ON parcel TO carehours_service"
        " USING (community_id = (SELECT entered_community()))"
    )
    assert await unguarded(owner) == []
    await owner.execute("CREATE VIEW everybody AS SELECT community_id FROM member")
    assert await unguarded(owner) == ["everybody"]


async def test_the_services_role_cannot_step_around_the_wall(ledger, community, owner):
    role = await owner.fetchrow("SELECT * FROM pg_roles WHERE rolname = 'carehours_service'")
    assert not (role["rolsuper"] or role["rolbypassrls"] or role["rolcreaterole"] or role["rolcanlogin"])
    assert all(row["owner"] != "carehours_service" for row in await owner.fetch(WITH_COMMUNITY))
    assert not await owner.fetchval("SELECT has_schema_privilege('carehours_service', 'public', 'CREATE')")
    async with ledger.database.connection(community.id) as db:
        for statement in (
            "ALTER TABLE member DISABLE ROW LEVEL SECURITY",
            "DROP POLICY entered_community ON member",
            "CREATE POLICY mine ON member USING (true)",
            "ALTER ROLE carehours_service BYPASSRLS",
            "CREATE OR REPLACE FUNCTION entered_community() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
            "COPY member TO PROGRAM 'cat'",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await db.driver.execute(statement)
        # Not filtered but refused, as a dump by mistake should be.
        await db.driver.execute("SET row_security = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await db.driver.fetch("SELECT * FROM member")
        await db.driver.execute("RESET row_security")


async def a_row_everywhere(owner, community_id):
    """One row of a community in every table, with nothing else in it; the constraints have to go for that."""
    constraints = await owner.fetch(
        "SELECT conrelid::regclass AS of, conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
        " AND conrelid NOT IN (0, 'community'::regclass) AND contype IN ('f', 'p', 'u', 'c', 'n')"
        " ORDER BY array_position('{f,c,u,p,n}'::text[], contype::text)"
    )
    for row in constraints:
        await owner.execute(f'ALTER TABLE {row["of"]} DROP CONSTRAINT "{row["conname"]}"')
    tables = [row["name"] for row in await owner.fetch(WITH_COMMUNITY)]
    for table in tables:
        await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        await owner.execute(f"DELETE FROM {table}")
        await owner.execute(f"INSERT INTO {table} (community_id) VALUES ($1)", community_id)
    return tables


async def test_of_another_community_no_statement_reads_writes_or_changes_anything(
    ledger, community, elm, owner
):
    tables = await a_row_everywhere(owner, community.id)
    assert len(tables) > 35
    may_update = {
        (row["table_name"], row["column_name"])
        for row in await owner.fetch(
            "SELECT table_name, column_name FROM information_schema.column_privileges"
            " WHERE grantee = 'carehours_service' AND privilege_type = 'UPDATE'"
        )
    }
    for entered in (elm.id, None):
        async with ledger.database.connection(entered) as db:
            for table in tables:
                # No community is named: all of it is asked for.
                assert await db.driver.fetch(f"SELECT * FROM {table}") == [], table
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security policy"):
                    await db.driver.execute(
                        f"INSERT INTO {table} (community_id) VALUES ($1)",
                        community.id,
                    )
            for table, column in may_update & {
                (name, column) for name, column in may_update if name in tables
            }:
                done = await db.driver.execute(f"UPDATE {table} SET {column} = {column}")
                assert done == "UPDATE 0", table
            for table in await deletable(owner):
                if table in tables:
                    assert await db.driver.execute(f"DELETE FROM {table}") == "DELETE 0", table
    async with ledger.database.connection(community.id) as db:
        for table in tables:
            found = await db.driver.fetch(f"SELECT * FROM {table}")
            assert len(found) == 1, table
            if (table, "community_id") in may_update:
                pytest.fail(f"{table}: a row could be given to another community")


async def deletable(owner):
    return {
        row["table_name"]
        for row in await owner.fetch(
            "SELECT table_name FROM information_schema.table_privileges"
            " WHERE grantee = 'carehours_service' AND privilege_type = 'DELETE'"
        )
    }


async def test_a_connection_forgets_the_community_it_entered(ledger, community, elm, owner):
    """The pool hands connections on; whoever names no community is nowhere, and so is one who gives a wrong one."""
    await member(ledger, community)
    counts = []
    for entered in (community.id, elm.id, None, community.id, 2**31 - 1, -1, 0):
        for _ in range(3):
            async with ledger.database.connection(entered) as db:
                counts.append(await db.driver.fetchval("SELECT count(*) FROM member"))
        async with ledger.database.snapshot(entered) as db:
            counts.append(await db.driver.fetchval("SELECT count(*) FROM member"))
    assert counts == [1] * 4 + [0] * 8 + [1] * 4 + [0] * 12
    async with ledger.database.transaction(elm.id) as db:
        await db.enter(community.id)
        assert await db.driver.fetchval("SELECT count(*) FROM member") == 1
    async with ledger.database.connection(elm.id) as db:
        assert await db.driver.fetchval("SELECT count(*) FROM member") == 0


async def test_whose_a_token_is_is_told_as_a_number_and_nothing_else_is(ledger, community, elm, owner):
    _, token = await create_token(ledger, community, SHELL, uuid4(), "box office", list(Scope))
    ask = "SELECT community_of_token($1)"
    for entered in (None, elm.id, community.id):
        async with ledger.database.connection(entered) as db:
            assert await db.driver.fetchval(ask, token.token_id) == community.id
            for guess in ("", "%", "000000000000", "' OR true --", token.text, token.token_id.upper() + "x"):
                assert await db.driver.fetchval(ask, guess) is None
    crossing = await owner.fetch(
        "SELECT proname, prorettype::regtype::text AS gives, array_to_string(proconfig, ' ') AS settings,"
        " has_function_privilege('public', oid, 'EXECUTE') AS anybody"
        " FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    assert [tuple(row) for row in crossing] == [
        ("community_of_token", "integer", "search_path=public", False)
    ]


# What is written once. Beside it the columns that may change; a grant that is not here fails the test.

CHANGEABLE = {
    "api_token": "revoked_at used_at",
    "account_holder": "until",
    "balance": "balance ceiling closed entry_count floor held limits_count",
    "balance_assertion": "withdrawn_at withdrawn_by",
    "card": "revoked_at used_at",
    "care_request": "event_count state taken_by",
    "claim": "credited_seconds event_count paid_seconds posting_count state",
    "claim_overlap": "seen_at seen_by",
    "clearance": "revoked_at revoked_by",
    "delegation": "ended_at ended_by",
    "delegation_month": "seconds",
    "dispute": "corrected_seconds outcome resolved_at resolved_by",
    "dispute_statement": "statement",
    "earned_total": "seconds",
    "event": "salt",
    "import_limit": "ceiling floor",
    "import_run": "alone begun_at file_name moved_seconds posted_at posted_by reversed_count started_by state totals"
    " transfer_count tries undone_at undone_by what work_id",
    "import_upload": "content options reason report",
    "log_head": "checkpoint closed_through edge kept_at moved_to policy_version recorded_at tree_size",
    "mail_code": "code_hash expires_at member_id tries",
    "member": "change_count erased_at frail status status_since",
    "member_class": "until_on",
    "member_role": "ended_at ended_by",
    "paper_line": "decided_at decision decision_id grade note provider_ids provider_name reasons receiver_ids"
    " receiver_name reference state",
    "paper_name": "at by_id member_id",
    "paper_reading": "at reading",
    "paper_round": "asks change_count ended_at ended_by file_name from_on matched_at reading source state totals"
    " until_on",
    "passkey": "label removed_at sign_count used_at",
    "person": "address birth_year email languages name phone skeleton",
    "pot_month": "seconds",
    "rate_limit": "full_at",
    "request": "fingerprint",
    "session": "ended_at seen_at",
    "social_text": "aims change_count deeds difference learned written_at written_by",
    "start_link": "first_member_id founded_id used_at",
    "task": "done_at done_by",
    "transfer_author": "salt",
    "statement_sent": "begun_at state",
    "statement_wish": "by_email large_print wished_at wished_by",
    "well_being": "after answer_id via visit",
    "work": "done failed finished_at outcome seen_at total",
}
DELETABLE = set(
    "account_name account_secret assertion_note card care_request_note challenge claim_note claim_reason import_line"
    " import_match import_upload mail_code"
    " member_class open_claim open_hold passkey period_reason person proposal_note rate_limit relative session"
    " start_link statement_sent statement_wish"
    " paper_file paper_line paper_match paper_name paper_reading paper_reason"
    " transfer_note well_being work".split()
)


async def test_the_service_may_change_what_is_listed_and_nothing_else(ledger, community, owner):
    granted = {}
    for row in await owner.fetch(
        "SELECT table_name, column_name FROM information_schema.column_privileges"
        " WHERE grantee = 'carehours_service' AND privilege_type = 'UPDATE' ORDER BY table_name, column_name"
    ):
        granted.setdefault(row["table_name"], []).append(row["column_name"])
    assert {table: " ".join(columns) for table, columns in granted.items()} == CHANGEABLE
    assert await deletable(owner) == DELETABLE
    tables = [
        row[0] for row in await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    async with ledger.database.connection(community.id) as db:
        for table in tables:
            column = await owner.fetchval(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
                " AND table_name = $1 AND NOT column_name = ANY ($2) AND is_generated = 'NEVER' AND is_identity = 'NO'"
                " ORDER BY ordinal_position DESC",
                table,
                granted.get(table, []),
            )
            attempts = [f"TRUNCATE {table}", f"UPDATE {table} SET {column} = {column}"]
            attempts += [] if table in DELETABLE else [f"DELETE FROM {table}"]
            for attempt in attempts:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await db.driver.execute(attempt)


# Who decides about whom, said to the database directly: $1 the community, $2..$4 three of its members.

PROPOSED = (
    "INSERT INTO proposal VALUES ($1, '00000000-0000-0000-0000-0000000000aa', 'role', '{}', $4, $2, now(),"
    " now() + interval '30 days')"
)
DECIDED = (
    "INSERT INTO proposal_decision VALUES ($1, '00000000-0000-0000-0000-0000000000aa', $2, {}, {}, now())"
)
A_ROLE = "INSERT INTO member_role VALUES ($1, $4, {}, now(), {}, {}, NULL)"
LATER_ROLE = A_ROLE.format("'coordinator'", "$2", "$3").replace("now()", "now() + interval '1 s'")
A_CARD = "INSERT INTO card VALUES ($1, gen_random_uuid(), $2, '', '', $2, now(), now(), NULL, NULL)"
A_DELEGATION = (
    "INSERT INTO delegation VALUES ($1, gen_random_uuid(), $2, $3, 'child', ARRAY['see'], 0, now(), NULL, {}, {},"
    " now(), NULL, NULL)"
)

REFUSED = [
    ([PROPOSED, DECIDED.format("'approved'", "$2")], "proposal_decision_two_check"),
    ([PROPOSED, DECIDED.format("'declined'", "$2")], "proposal_decision_two_check"),
    ([PROPOSED, DECIDED.format("'withdrawn'", "$3")], "proposal_decision_two_check"),
    # In somebody else's name it would be another proposal than was written down.
    ([PROPOSED, DECIDED.replace("$2", "$3").format("'approved'", "$2")], "proposal_decision_proposal_fkey"),
    ([PROPOSED, *[DECIDED.format("'approved'", "$3")] * 2], "proposal_decision_pkey"),
    ([PROPOSED, DECIDED.format("'perhaps'", "$3")], "proposal_decision_outcome_check"),
    ([A_ROLE.format("'coordinator'", "$2", "$2")], "member_role_two_check"),
    ([A_ROLE.format("'coordinator'", "$2", "$4")], "member_role_own_check"),
    ([A_ROLE.format("'owner'", "NULL", "NULL")], "member_role_check"),
    ([A_ROLE.format("'auditor'", "$2", "$3"), LATER_ROLE], "member_role_now_key"),
    ([A_CARD], "card_own_check"),
    ([A_DELEGATION.format("$4", "NULL")], "delegation_given_check"),
    ([A_DELEGATION.format("$4", "$4")], "delegation_given_check"),
    ([A_DELEGATION.format("$4", "$3")], "delegation_given_check"),
    ([A_DELEGATION.format("$3", "$4")], "delegation_given_check"),
    ([A_DELEGATION.replace("$2, $3", "$2, $2").format("$2", "NULL")], "delegation_self_check"),
]


@pytest.fixture
async def filled(ledger, community):
    """Puts the community and three of its members into a statement."""
    people: list[UUID] = [await member(ledger, community, name) for name in ("Ana", "Ben", "Cal")]
    values = {"$1": str(community.id)} | {f"${n}": f"'{each}'" for n, each in enumerate(people, 2)}

    def fill(statement):
        for name, value in values.items():
            statement = statement.replace(name, value)
        return statement

    return fill


async def test_nobody_decides_about_themselves_even_past_the_code(ledger, community, filled):
    async with ledger.database.connection(community.id) as db:
        for statements, constraint in REFUSED:
            attempt = db.driver.transaction()
            await attempt.start()
            for statement in statements[:-1]:
                await db.driver.execute(filled(statement))
            with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
                await db.driver.execute(filled(statements[-1]))
            await attempt.rollback()
            assert refused.value.constraint_name == constraint, statements


async def test_what_two_people_agreed_is_written(ledger, community, filled):
    """The same statements with two different people, so that the refusals above are not for something else."""
    async with ledger.database.connection(community.id) as db:
        for statement in (
            PROPOSED,
            DECIDED.format("'approved'", "$3"),
            A_ROLE.format("'coordinator'", "$2", "$3"),
            A_CARD.replace("$2, now()", "$3, now()"),
            A_DELEGATION.format("$2", "NULL"),
        ):
            await db.driver.execute(filled(statement))
