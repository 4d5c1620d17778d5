"""An import taken back as a whole: what it posted is reversed, what happened since is kept."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from ledger.book.authors import SHELL
from ledger.book.commands import (
    AccountKind,
    OpenAccount,
    PostTransfer,
    ReverseTransfer,
    SetLimits,
    TransferKind,
)
from ledger.book.ledger import ActRefused
from ledger.book.refusals import Refusal
from ledger.desk.audit import audit_community
from ledger.desk.imports import running, undoing
from ledger.desk.imports.problems import ImportRefused
from ledger.desk.imports.running import refuse, run_at_shell
from ledger.desk.imports.shape import Options
from ledger.desk.imports.undo_plan import LimitLeft, plan_undo
from ledger.desk.imports.undoing import begin_undo, undo_import
from ledger.hours.policies import Policies
from tests.import_files import NEUTRAL_VISITS, csv_of, neutral

WHY = "the wrong file"


async def brought_in(ledger, community, content=None, options=None):
    return await run_at_shell(
        ledger,
        community,
        SHELL,
        Policies(),
        "neutral",
        "visits.zip",
        content or neutral(),
        options or Options(),
    )


async def undone(ledger, community, import_id, **more):
    refuse(await begin_undo(ledger, community, SHELL, import_id, WHY))
    return await undo_import(ledger, community, SHELL, import_id, WHY, **more)


async def members(owner):
    return [
        tuple(row)
        for row in await owner.fetch(
            "SELECT p.name, m.status, b.balance, b.closed FROM member m JOIN person p USING (community_id, member_id)"
            " JOIN account_holder h USING (community_id, member_id) JOIN balance b USING (community_id, account_id)"
            " ORDER BY m.member_number"
        )
    ]


async def account(owner, name):
    return await owner.fetchval(
        "SELECT h.account_id FROM account_holder h JOIN person p USING (community_id, member_id) WHERE p.name = $1"
        " ORDER BY h.since DESC LIMIT 1",
        name,
    )


async def clean(ledger, community, tmp_path):
    report = await audit_community(ledger, community, folder=tmp_path)
    return report.render_lines()[-1]


async def test_an_import_enrols_its_members_with_their_accounts(ledger, community, owner, tmp_path):
    import_id, report = await brought_in(ledger, community)
    assert report.enrolled == 2
    assert await members(owner) == [
        ("Ana Ruiz", "active", 3 * 3600, False),
        ("Ben Soler", "active", -3 * 3600, False),
    ]
    [event] = await owner.fetch("SELECT * FROM event WHERE kind = 'import_posted'")
    assert str(import_id) in event["details"] and "Ana" not in event["details"]
    assert await clean(ledger, community, tmp_path) == "No findings."


async def test_undoing_reverses_everything_and_closes_what_was_opened(ledger, community, owner, tmp_path):
    import_id, _ = await brought_in(ledger, community)
    planned = await plan_undo(ledger, community, import_id)
    report = await undone(ledger, community, import_id)
    assert report == planned
    assert (report.transfers_to_reverse, report.accounts_to_close, report.members_to_leave) == (2, 2, 2)
    assert await members(owner) == [("Ana Ruiz", "left", 0, True), ("Ben Soler", "left", 0, True)]
    notes = await owner.fetch(
        "SELECT note FROM transfer_note JOIN transfer USING (community_id, transfer_id) WHERE kind = 'reverse'"
    )
    assert [row["note"] for row in notes] == [WHY, WHY]
    assert await owner.fetchval("SELECT count(*) FROM event WHERE kind = 'import_undone'") == 1
    assert await owner.fetchval("SELECT count(*) FROM import_upload") == 0
    assert await clean(ledger, community, tmp_path) == "No findings."


async def test_an_undone_import_can_be_brought_in_again(ledger, community, owner, tmp_path):
    for _ in range(3):
        import_id, report = await brought_in(ledger, community)
        assert (report.transfers_to_book, report.enrolled, report.already_booked) == (2, 2, 0)
        assert (await brought_in(ledger, community))[0] is None
        await undone(ledger, community, import_id)
    await brought_in(ledger, community)
    assert [row for row in await members(owner) if row[1] == "active"] == [
        ("Ana Ruiz", "active", 3 * 3600, False),
        ("Ben Soler", "active", -3 * 3600, False),
    ]
    assert await owner.fetchval("SELECT count(*) FROM import_line") == 8
    assert await clean(ledger, community, tmp_path) == "No findings."


async def test_what_happened_since_is_kept_and_told(ledger, community, owner):
    import_id, _ = await brought_in(ledger, community)
    ana, ben = await account(owner, "Ana Ruiz"), await account(owner, "Ben Soler")
    await ledger.post(community, [PostTransfer(uuid4(), TransferKind.CARE, ((ana, -3600), (ben, 3600)))])
    report = await undone(ledger, community, import_id)
    assert [(each.balance, each.why) for each in report.left] == [(-3600, "balance"), (3600, "balance")]
    assert await members(owner) == [
        ("Ana Ruiz", "active", -3600, False),
        ("Ben Soler", "active", 3600, False),
    ]


async def test_undoing_is_refused_whole_when_somebody_would_fall_below_their_floor(ledger, community, owner):
    import_id, _ = await brought_in(ledger, community)
    ana, ben = await account(owner, "Ana Ruiz"), await account(owner, "Ben Soler")
    await ledger.post(community, [PostTransfer(uuid4(), TransferKind.CARE, ((ana, -30_000), (ben, 30_000)))])
    await ledger.post(community, [PostTransfer(uuid4(), TransferKind.CARE, ((ana, -10_000), (ben, 10_000)))])
    before = await owner.fetchval("SELECT count(*) FROM transfer")
    with pytest.raises(ActRefused) as caught:
        await undone(ledger, community, import_id)
    assert caught.value.refusal is Refusal.IMPORT_IN_USE
    assert await owner.fetchval("SELECT count(*) FROM transfer") == before


async def test_what_a_co_ordinator_reversed_already_is_not_reversed_again(ledger, community, owner):
    import_id, _ = await brought_in(ledger, community)
    first = await owner.fetchval("SELECT transfer_id FROM import_line ORDER BY line_number LIMIT 1")
    await ledger.post(community, [ReverseTransfer(uuid4(), first, "a mistake")])
    report = await undone(ledger, community, import_id)
    assert (report.transfers_to_reverse, report.reversed_before) == (1, 1)
    assert [row[1:] for row in await members(owner)] == [("left", 0, True), ("left", 0, True)]


@pytest.mark.parametrize("reached", range(5))
async def test_an_undoing_that_was_interrupted_is_completed(ledger, community, owner, monkeypatch, reached):
    class Interrupted(Exception):
        pass

    import_id, _ = await brought_in(ledger, community)
    steps = 0

    def interrupted(real):
        async def step(*arguments, **more):
            nonlocal steps
            if steps == reached:
                raise Interrupted
            steps += 1
            return await real(*arguments, **more)

        return step

    with monkeypatch.context() as patch:
        for name in ("_reverse", "change_standing", "_finish"):
            patch.setattr(undoing, name, interrupted(getattr(undoing, name)))
        with pytest.raises(Interrupted):
            await undone(ledger, community, import_id, chunk=1)
    with pytest.raises(ActRefused) as caught:
        await brought_in(ledger, community, neutral(visits=NEUTRAL_VISITS[:2]))
    assert caught.value.refusal is Refusal.IMPORT_UNFINISHED
    await undone(ledger, community, import_id)
    assert [row[1:] for row in await members(owner)] == [("left", 0, True), ("left", 0, True)]
    assert await owner.fetchval("SELECT count(*) FROM transfer WHERE kind = 'reverse'") == 2


async def test_a_refused_undoing_is_given_up_only_when_it_has_reversed_nothing(
    ledger, community, owner, monkeypatch
):
    import_id, _ = await brought_in(ledger, community)
    real = undoing._reverse

    async def refused_after(reached):
        steps = 0

        async def step(*arguments):
            nonlocal steps
            if steps == reached:
                raise ActRefused(Refusal.IMPORT_IN_USE, "anywhere")
            steps += 1
            await real(*arguments)

        monkeypatch.setattr(undoing, "_reverse", step)
        with pytest.raises(ActRefused):
            await undone(ledger, community, import_id, chunk=1)
        return await owner.fetchval("SELECT state FROM import_run")

    assert await refused_after(0) == "posted"
    assert await owner.fetchval("SELECT count(*) FROM import_upload") == 0
    assert await refused_after(1) == "undoing"
    assert await refused_after(0) == "undoing"
    monkeypatch.setattr(undoing, "_reverse", real)
    await undone(ledger, community, import_id)
    assert await owner.fetchval("SELECT state FROM import_run") == "undone"


async def test_what_somebody_else_reversed_does_not_keep_a_refused_undoing_open(
    ledger, community, owner, monkeypatch
):
    import_id, _ = await brought_in(ledger, community)
    first = await owner.fetchval("SELECT transfer_id FROM import_line ORDER BY line_number LIMIT 1")
    await ledger.post(community, [ReverseTransfer(uuid4(), first, "a mistake")])

    async def refused(*_):
        raise ActRefused(Refusal.IMPORT_IN_USE, "anywhere")

    monkeypatch.setattr(undoing, "_reverse", refused)
    with pytest.raises(ActRefused):
        await undone(ledger, community, import_id)
    assert await owner.fetchval("SELECT state FROM import_run") == "posted"


async def test_two_who_undo_at_once_reverse_everything_once(ledger, community, owner):
    import_id, _ = await brought_in(ledger, community)
    await asyncio.gather(*(undone(ledger, community, import_id) for _ in range(3)), return_exceptions=True)
    assert await owner.fetchval("SELECT count(*) FROM transfer WHERE kind = 'reverse'") == 2
    assert await owner.fetchval("SELECT count(*) FROM event WHERE kind = 'import_undone'") == 1


async def test_what_is_not_in_the_books_is_not_undone(ledger, community):
    import_id, _ = await brought_in(ledger, community)
    await undone(ledger, community, import_id)
    with pytest.raises(ActRefused) as caught:
        await undone(ledger, community, import_id)
    assert caught.value.refusal is Refusal.IMPORT_NOT_POSTED
    with pytest.raises(LookupError):
        await undone(ledger, community, UUID(int=7))


async def widened(ledger, community, owner):
    """Two members who are here already, with limits too narrow for the history, and the import that widened them."""
    ana, ben = (
        OpenAccount(uuid4(), AccountKind.MEMBER, "7", -3600, 3600),
        OpenAccount(uuid4(), AccountKind.MEMBER, "8", -3600, 3600),
    )
    await ledger.post(community, [ana, ben])
    import_id, report = await brought_in(ledger, community, csv_of(NEUTRAL_VISITS))
    assert {(each.code, each.limit, each.seconds) for each in report.widened} == {
        ("7", "ceiling", 10_800), ("8", "floor", -10_800),
    }  # fmt: skip
    assert await limits(owner) == [("7", -3600, 10_800), ("8", -10_800, 3600)]
    return import_id, ana.id, ben.id


async def limits(owner):
    return [
        tuple(row)
        for row in await owner.fetch(
            "SELECT a.code, b.floor, b.ceiling FROM account a JOIN balance b USING (community_id, account_id)"
            " WHERE a.kind = 'member' ORDER BY a.code"
        )
    ]


async def test_undoing_puts_limits_back_that_the_import_set_wider(ledger, community, owner, tmp_path):
    import_id, _, _ = await widened(ledger, community, owner)
    assert (await plan_undo(ledger, community, import_id)).limits_to_put_back == 2
    report = await undone(ledger, community, import_id)
    assert (report.limits_to_put_back, report.limits_left) == (2, ())
    assert await limits(owner) == [("7", -3600, 3600), ("8", -3600, 3600)]
    assert (await plan_undo(ledger, community, import_id)).limits_left == ()
    assert await clean(ledger, community, tmp_path) == "No findings."


async def test_limits_stay_that_somebody_has_changed_since(ledger, community, owner):
    import_id, ana, _ = await widened(ledger, community, owner)
    await ledger.post(community, [SetLimits(uuid4(), ana, -7200, 20_000)])
    report = await undone(ledger, community, import_id)
    assert (report.limits_to_put_back, report.limits_left) == (1, (LimitLeft("7", "changed"),))
    assert await limits(owner) == [("7", -7200, 20_000), ("8", -3600, 3600)]


async def test_limits_stay_that_a_balance_needs(ledger, community, owner):
    import_id, ana, ben = await widened(ledger, community, owner)
    # The larger of the two transfers was taken back by hand, and two hours of care were given since.
    large = await owner.fetchval("SELECT transfer_id FROM import_line ORDER BY line_number LIMIT 1")
    await ledger.post(community, [ReverseTransfer(uuid4(), large, "a mistake")])
    await ledger.post(community, [PostTransfer(uuid4(), TransferKind.CARE, ((ana, 7200), (ben, -7200)))])
    report = await undone(ledger, community, import_id)
    assert set(report.limits_left) == {LimitLeft("7", "balance"), LimitLeft("8", "balance")}
    assert await limits(owner) == [("7", -3600, 10_800), ("8", -10_800, 3600)]
    # Said on its page afterwards too.
    assert set((await plan_undo(ledger, community, import_id)).limits_left) == set(report.limits_left)


async def test_the_limits_of_two_imports_are_put_back_one_after_the_other(ledger, community, owner):
    import_id, _, _ = await widened(ledger, community, owner)
    more = [*NEUTRAL_VISITS, ("v9", "2025-06-01", "", "7", "8", "600", *[""] * 5)]
    second, _ = await brought_in(ledger, community, csv_of(more))
    assert await limits(owner) == [("7", -3600, 46_800), ("8", -46_800, 3600)]
    await undone(ledger, community, second)
    assert await limits(owner) == [("7", -3600, 10_800), ("8", -10_800, 3600)]
    await undone(ledger, community, import_id)
    assert await limits(owner) == [("7", -3600, 3600), ("8", -3600, 3600)]


async def test_an_account_that_stays_open_gets_the_limits_it_would_have_had(ledger, community, owner):
    visits = [NEUTRAL_VISITS[0], ("v", "2025-05-01", "", "7", "8", "6000", *[""] * 5)]
    import_id, report = await brought_in(ledger, community, neutral(visits=visits))
    assert [(each.limit, each.seconds) for each in report.widened] == [("floor", -360_000)]
    ana, ben = await account(owner, "Ana Ruiz"), await account(owner, "Ben Soler")
    await ledger.post(community, [PostTransfer(uuid4(), TransferKind.CARE, ((ana, -60), (ben, 60)))])
    report = await undone(ledger, community, import_id)
    assert len(report.left) == 2 and report.limits_to_put_back == 1
    assert {row[1] for row in await limits(owner)} == {-36_000}


async def test_a_plan_does_not_overwrite_limits_that_were_changed_after_it_was_made(
    ledger, community, owner, monkeypatch
):
    ana = OpenAccount(uuid4(), AccountKind.MEMBER, "7", -3600, 3600)
    ben = OpenAccount(uuid4(), AccountKind.MEMBER, "8", -20_000, 3600)
    await ledger.post(community, [ana, ben])
    real = running._post

    async def changed_before(*arguments):
        monkeypatch.setattr(running, "_post", real)
        await ledger.post(community, [SetLimits(uuid4(), ana.id, -3600, 99_999)])
        await real(*arguments)

    monkeypatch.setattr(running, "_post", changed_before)
    with pytest.raises(ImportRefused) as caught:
        await brought_in(ledger, community, csv_of(NEUTRAL_VISITS))
    assert [each.code for each in caught.value.problems] == ["limits_changed"]
    # Nothing was posted, so it is over; the same again fits what is there now.
    assert await owner.fetchval("SELECT state FROM import_run") == "abandoned"
    await brought_in(ledger, community, csv_of(NEUTRAL_VISITS))
    assert await limits(owner) == [("7", -3600, 99_999), ("8", -20_000, 3600)]


async def test_what_was_refused_once_at_the_shell_is_not_refused_for_ever(
    ledger, community, owner, monkeypatch
):
    class Interrupted(Exception):
        pass

    real, steps = running._post, 0

    async def interrupted(*arguments):
        nonlocal steps
        steps += 1
        if steps == 2:
            raise Interrupted
        await real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(running, "_post", interrupted)
        with pytest.raises(Interrupted):
            await brought_in(ledger, community)
    other = neutral(visits=NEUTRAL_VISITS[:2])
    with pytest.raises(ActRefused) as caught:
        await brought_in(ledger, community, other)
    assert caught.value.refusal is Refusal.IMPORT_UNFINISHED
    await brought_in(ledger, community)
    assert (await brought_in(ledger, community, other))[1].already_booked == 1


async def test_an_undoing_that_was_refused_goes_on_when_nothing_is_in_the_way_any_more(
    ledger, community, owner, monkeypatch
):
    import_id, _ = await brought_in(ledger, community)
    ana, ben = await account(owner, "Ana Ruiz"), await account(owner, "Ben Soler")
    real = undoing.plan_undo

    async def too_early(*arguments):
        report = await real(*arguments)
        return replace(report, in_the_way=())

    spent = uuid4()
    await ledger.post(community, [PostTransfer(uuid4(), TransferKind.CARE, ((ana, -30_000), (ben, 30_000)))])
    await ledger.post(community, [PostTransfer(spent, TransferKind.CARE, ((ana, -10_000), (ben, 10_000)))])
    with monkeypatch.context() as patch:
        patch.setattr(undoing, "plan_undo", too_early)
        with pytest.raises(ActRefused) as caught:
            await undone(ledger, community, import_id)
    assert caught.value.refusal is Refusal.BELOW_FLOOR
    assert await owner.fetchval("SELECT state FROM import_run") == "posted"
    await ledger.post(community, [ReverseTransfer(uuid4(), spent, "given back")])
    assert (await undone(ledger, community, import_id)).transfers_to_reverse == 2
    assert await owner.fetchval("SELECT state FROM import_run") == "undone"
