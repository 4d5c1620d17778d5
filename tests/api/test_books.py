"""The books as a whole: the journal by every filter, what all accounts add up to, and accounts looked for."""

import itertools
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from ledger.book.commands import (
    AccountKind,
    OpenAccount,
    PlaceHold,
    PostTransfer,
    ReverseTransfer,
    TransferKind,
)
from ledger.book.posting import Refused
from ledger.people.roles import Role, Scope
from tests.api.conftest import URL, Caller, a_token, care, gift, problem

DAYS = [date(2026, 3, day) for day in (1, 2, 2, 5, 30)]
KINDS = [TransferKind.CARE, TransferKind.GIFT, TransferKind.GRANT]


async def do(app, community, *commands):
    for answer in await app.state.ledger.post(community, list(commands)):
        assert not isinstance(answer.outcome, Refused), answer.outcome


@pytest.fixture
def clock(app, monkeypatch):
    """What the ledger takes for the time: the one item of a list."""
    clock = [datetime(2026, 2, 1, tzinfo=UTC)]
    monkeypatch.setattr(app.state.ledger, "now", lambda: clock[0])
    return clock


@pytest.fixture
async def oak(app, clock):
    return await app.state.ledger.found("oak", "Oak Hill", URL, "care.example.org/oak")


@pytest.fixture
async def lived(app, oak, clock):
    """A journal over five days of March, two transfers of each kind and one undone a day; gives the accounts."""
    accounts = [uuid4() for _ in range(4)]
    await do(
        app,
        oak,
        *[OpenAccount(each, AccountKind.ISSUANCE, f"i{n}", None, None) for n, each in enumerate(accounts)],
    )
    pairs = itertools.cycle(itertools.permutations(accounts, 2))
    for number, day in enumerate(DAYS):
        clock[0] = datetime(day.year, day.month, day.day, 8 + number, tzinfo=UTC)
        for kind in KINDS * 2:
            source, target = next(pairs)
            service_on = day - timedelta(days=number) if kind is TransferKind.CARE else None
            transfer = PostTransfer(uuid4(), kind, ((source, -60), (target, 60)), service_on, note="a word")
            await do(app, oak, transfer)
        await do(app, oak, ReverseTransfer(uuid4(), transfer.id, "twice"))
    return [str(each) for each in accounts]


async def everything(reader, query=""):
    """All pages of the journal, five a page."""
    found, address = [], f"/transfers?limit=5&{query}"
    answer = await reader.get(address)
    while True:
        assert answer.status_code == 200, answer.text
        found += answer.json()["transfers"]
        if "next" not in answer.links:
            return found
        assert len(answer.json()["transfers"]) == 5
        answer = await reader.client.get(answer.links["next"]["url"], headers=reader.headers)


async def test_the_journal_tells_every_transfer_the_newest_first(caller, lived):
    found = await everything(caller)
    assert len(found) == 35
    leaves = [each["leaf_index"] for each in found]
    assert leaves == sorted(leaves, reverse=True)
    for each in found:
        assert sum(entry["seconds"] for entry in each["entries"]) == 0
        assert "receipt" not in each and not any("disclosure" in entry for entry in each["entries"])
        told = (await caller.get(f"/transfers/{each['id']}")).json()
        for entry in told["entries"]:
            entry.pop("disclosure")
        assert told.pop("receipt") and told == each


def wanted(each, kind, account, recorded, service):
    day = each["recorded_at"][:10]
    served = each.get("service_on")
    return (
        kind in (None, each["kind"])
        and (account is None or any(entry["account"] == account for entry in each["entries"]))
        and (recorded is None or recorded[0] <= day <= recorded[1])
        and (service is None or (served is not None and service[0] <= served <= service[1]))
    )


@pytest.mark.parametrize("busy", [False, True])
async def test_filters_find_what_looking_at_each_transfer_finds(caller, lived, monkeypatch, busy):
    """Whichever way is taken. With `busy`, that of accounts with very many entries."""
    if busy:
        monkeypatch.setattr("ledger.book.search.BUSY_ENTRIES", 0)
    whole = await everything(caller)
    days = [None, ("2026-03-01", "2026-03-02"), ("2026-03-05", "2026-03-05"), ("2026-03-06", "2026-03-29")]
    services = [None, ("2026-02-28", "2026-03-01"), ("2026-02-01", "2026-12-31")]
    counts = []
    for kind, account, recorded, service in itertools.product(
        [None, "care", "gift", "reverse", "lapse"], [None, lived[0]], days, services
    ):
        query = {"kind": kind, "account": account}
        if recorded is not None:
            query |= dict(zip(("from", "until"), recorded, strict=True))
        if service is not None:
            query |= dict(zip(("service_from", "service_until"), service, strict=True))
        asked = "&".join(f"{name}={value}" for name, value in query.items() if value is not None)
        found = await everything(caller, asked)
        assert found == [each for each in whole if wanted(each, kind, account, recorded, service)], asked
        counts.append(len(found))
    assert len(set(counts)) > 8


async def test_days_may_be_left_open_on_either_side(caller, lived):
    whole = await everything(caller)
    for query, count in [
        ("from=2026-03-05", 14),
        ("until=2026-03-01", 7),
        ("service_from=2026-03-01", 8),
        ("service_until=2026-02-28", 2),
        ("from=1900-01-01&until=2199-12-31", 35),
        ("service_from=1900-01-01&service_until=2199-12-31", 10),
    ]:
        found = await everything(caller, query)
        assert [each for each in whole if each in found] == found, query
        assert len(found) == count, query


async def test_a_day_begins_by_the_clock_of_the_community(app, oak, caller, people, lived, clock):
    from tests.api.test_policy_routes import apply

    clock[0] = datetime.now(UTC)
    coordinator = await people.coordinator()
    source = 'name = "Islands"\ntimezone = "Pacific/Honolulu"\n'
    applied = await apply(coordinator, source)
    assert applied.status_code in (200, 201), applied.text
    # There the second of March begins at ten in the morning, UTC: the second day's at nine are not in it.
    told = await everything(caller, "from=2026-03-02&until=2026-03-02")
    assert [each["recorded_at"] for each in told] == ["2026-03-02T10:00:00Z"] * 7
    zone = ZoneInfo("Pacific/Honolulu")
    days = [datetime.fromisoformat(each["recorded_at"]).astimezone(zone).date() for each in told]
    assert set(days) == {date(2026, 3, 2)}


async def test_a_filter_that_means_nothing_is_refused(caller):
    for query in [
        *("kind=import%20", "kind=", "account=x", "from=2026-13-01", "from=20260301", "until=2026-W10-1"),
        *("from=0001-01-01", "service_from=yesterday", "limit=0", "limit=201", "below=-1", "other=1"),
        *("from=2026-03-02&until=2026-03-01", "service_from=2026-03-02&service_until=2026-03-01"),
        "kind=care&kind=gift",
    ]:
        assert problem(await caller.get(f"/transfers?{query}")) == (400, "malformed_request"), query


async def test_notes_are_for_those_who_may_read_them(people, caller, lived):
    for reader, reads in [
        (caller, True),
        (await people.coordinator(), True),
        (await people.with_role(Role.AUDITOR), False),
        (await people.with_role(Role.ADMINISTRATOR), False),
    ]:
        told = (await reader.get("/transfers?limit=200")).json()["transfers"]
        assert any("note" in each for each in told) == reads
    assert problem(await (await people.member()).get("/transfers"))[0] == 403


async def test_another_communitys_journal_is_not_in_ours(caller, other_caller, lived):
    mine = await other_caller.open("issuance"), await other_caller.open("issuance")
    assert (await other_caller.post("/transfers", care(*mine))).status_code == 201
    [only] = await everything(other_caller)
    assert only["community"] == "elm"
    assert await everything(other_caller, f"account={lived[0]}") == []


# --- what all accounts add up to ----------------------------------------------------------------------------------


async def test_the_trial_balance_adds_up_by_kind(app, oak, caller, people):
    bank = await caller.open("issuance")
    ana, ben = await people.member(), await people.member()
    pot, empty = await caller.open("pot"), await caller.open("pot")
    assert (await caller.post(f"/accounts/{empty}/closing", {})).status_code == 200
    for target, seconds in [(ana.account, 7200), (ben.account, 3600), (pot, 600)]:
        await caller.post("/transfers", care(bank, target, seconds))
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    hold = {"account": ana.account, "seconds": 1800, "expires_at": soon.isoformat()}
    assert (await caller.post("/holds", hold)).status_code == 201
    told = (await caller.get("/trial-balance")).json()
    head = (await caller.get("/")).json()
    assert (told["tree_size"], told["recorded_at"]) == (head["tree_size"], "2026-02-01T00:00:00Z")
    assert (told["total"], told["held"], told["accounts"]) == (0, 1800, head["accounts"])
    assert told["kinds"] == [
        {"kind": "member", "accounts": 2, "closed": 0, "balance": 10800, "held": 1800},
        {"kind": "pot", "accounts": 2, "closed": 1, "balance": 600, "held": 0},
        {"kind": "issuance", "accounts": 1, "closed": 0, "balance": -11400, "held": 0},
    ]


async def test_a_hold_past_its_deadline_is_not_held(app, oak, caller, owner):
    bank = uuid4()
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    await do(
        app,
        oak,
        OpenAccount(bank, AccountKind.ISSUANCE, "bank", None, None),
        PlaceHold(uuid4(), bank, 60, soon),
    )
    assert (await caller.get("/trial-balance")).json()["held"] == 60
    await owner.execute("UPDATE open_hold SET expires_at = now() - interval '1 minute'")
    assert (await caller.get("/trial-balance")).json()["held"] == 0
    assert (await caller.get(f"/accounts/{bank}")).json()["held"] == 0


async def test_a_new_community_has_an_empty_one(other_caller):
    told = (await other_caller.get("/trial-balance")).json()
    assert (told["accounts"], told["total"], told["kinds"]) == (0, 0, [])
    assert problem(await other_caller.get("/trial-balance?at=now")) == (400, "malformed_request")


# --- accounts looked for --------------------------------------------------------------------------------------------


@pytest.fixture
async def several(app, oak, caller, people):
    """Accounts of several kinds and names: code to id."""
    codes = {}
    for kind, code, name in [
        ("pot", "pot-care", "Care pot"),
        ("pot", "pot-old", "Old pot"),
        ("issuance", "bank", None),
        ("household", "h-rossi", "The Rossis"),
        ("member", "imported", "Rosa Blu"),
    ]:
        more = {} if name is None else {"name": name}
        codes[code] = await caller.open(kind, code=code, **more)
    assert (await caller.post(f"/accounts/{codes['pot-old']}/closing", {})).status_code == 200
    await people.enrol("Ròsa Verdi")
    await people.enrol("Bianca")
    return codes


async def looked_for(reader, query):
    """The codes of all accounts found, two a page; a member's own by its holder's name."""
    found, answer = [], await reader.get(f"/accounts?limit=2&{query}")
    while True:
        assert answer.status_code == 200, answer.text
        found += answer.json()["accounts"]
        if "next" not in answer.links:
            codes = [each["code"] for each in found]
            assert codes == sorted(codes)
            return {each.get("name") if each["code"].startswith("m") else each["code"] for each in found}
        answer = await reader.client.get(answer.links["next"]["url"], headers=reader.headers)


async def test_accounts_are_found_by_kind_code_name_and_whether_they_are_closed(caller, several):
    for query, found in [
        ("", {"pot-care", "pot-old", "bank", "h-rossi", "imported", "Ròsa Verdi", "Bianca"}),
        ("kind=pot", {"pot-care", "pot-old"}),
        ("kind=clearing", set()),
        ("code=pot-", {"pot-care", "pot-old"}),
        ("code=pot-c", {"pot-care"}),
        ("code=pot_", set()),
        ("code=%25", set()),
        ("closed=true", {"pot-old"}),
        ("kind=pot&closed=false", {"pot-care"}),
        ("name=ros", {"h-rossi", "imported", "Ròsa Verdi"}),
        ("name=ROSA", {"imported", "Ròsa Verdi"}),
        ("name=ros&kind=member", {"imported", "Ròsa Verdi"}),
        ("name=pot&closed=true", {"pot-old"}),
        ("name=ros&code=h-", {"h-rossi"}),
        ("name=%25", set()),
    ]:
        assert await looked_for(caller, query) == found, query


async def test_nobody_who_may_not_read_names_finds_anybody_by_name(app, oak, anonymous, people, several):
    reads = Caller(anonymous, "oak", await a_token(app, oak, [Scope.READ]))
    for reader in (reads, await people.with_role(Role.AUDITOR)):
        assert problem(await reader.get("/accounts?name=ros")) == (403, "not_allowed")
        told = (await reader.get("/accounts?kind=household")).json()["accounts"]
        assert [each["code"] for each in told] == ["h-rossi"] and "name" not in told[0]
    assert await looked_for(await people.coordinator(), "name=rossi") == {"h-rossi"}


async def test_a_search_for_accounts_that_means_nothing_is_refused(caller):
    for query in ["kind=bank", "closed=yes", "code=%00", f"code={'x' * 41}", "name=", "balance=0"]:
        assert problem(await caller.get(f"/accounts?{query}")) == (400, "malformed_request"), query


async def test_a_former_holders_name_does_not_lead_to_the_account(app, oak, caller, people, several):
    ana, ben = await people.coordinator(), await people.member("Benedetta")
    household = several["h-rossi"]
    assert (await ana.post(f"/accounts/{household}/holders", {"member": str(ben.id)})).status_code == 201
    assert "h-rossi" in await looked_for(caller, "name=benedetta")
    ended = await ana.post(f"/accounts/{household}/holders/{ben.id}", method="DELETE")
    assert ended.status_code == 200, ended.text
    assert "h-rossi" not in await looked_for(caller, "name=benedetta")


async def test_what_is_given_to_oneself_by_gift_stands_in_the_journal_too(caller, pair):
    """The list and the posting share an address."""
    assert (await caller.post("/transfers", gift(*pair))).status_code == 201
    assert [each["kind"] for each in await everything(caller)] == ["gift"]


async def test_the_accounts_behind_ids_are_named_to_those_who_may_read_names(
    app, oak, caller, people, several
):
    wanted = [several["h-rossi"], several["bank"], str(uuid4()), several["h-rossi"]]
    told = (await (await people.coordinator()).get(f"/accounts?ids={','.join(wanted)}")).json()
    assert [(each["code"], each.get("name")) for each in told["accounts"]] == [
        ("bank", None),
        ("h-rossi", "The Rossis"),
    ]
    told = (await (await people.with_role(Role.AUDITOR)).get(f"/accounts?ids={wanted[0]}")).json()
    assert [each.get("name") for each in told["accounts"]] == [None]
    for query in ["ids=", "ids=bank", f"ids={wanted[0]}&kind=pot", f"ids={','.join([wanted[0]] * 201)}"]:
        assert problem(await caller.get(f"/accounts?{query}")) == (400, "malformed_request"), query


async def test_accounts_of_another_community_are_not_behind_ids(caller, other_caller, several):
    assert (await other_caller.get(f"/accounts?ids={several['bank']}")).json() == {"accounts": []}
