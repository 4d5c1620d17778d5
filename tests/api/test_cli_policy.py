"""The policy at the command line."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from ledger.hours import presets
from tests.api.test_cli_people import oak, refused, rows, run  # noqa: F401 - fixtures
from tests.conftest import driver_arguments

TODAY = datetime.now(UTC).date()


@pytest.fixture
def file(tmp_path):
    """Writes a policy; returns where."""

    def file(text, name="policy.toml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return file


def policy_of(oak, *arguments):  # noqa: F811 - a fixture
    return oak("policy", "show", *arguments)


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_is_printed_checked_and_applied(run, oak, file, name):  # noqa: F811 - a fixture
    printed = run("policy", "preset", name)
    assert printed.stdout == presets.text(name)
    path = file(printed.stdout)
    checked = run("policy", "check", path)
    assert checked.exit_code == 0 and checked.stdout.startswith("These are the rules of"), checked.output
    assert run("policy", "check", "-", input=printed.stdout).stdout == checked.stdout
    applied = oak("policy", "apply", path)
    if name == "equal-hours":
        assert refused(applied, "says what the one in force says", "(0)")
        return
    assert applied.exit_code == 0, applied.output
    assert applied.stdout == checked.stdout
    assert f"version 1 of the policy is in force from {TODAY}" in applied.stderr
    assert policy_of(oak).stdout == presets.text(name)
    assert policy_of(oak, "--sentences").stdout == checked.stdout
    assert refused(oak("policy", "apply", path), "Nothing is left to do.")


def test_which_presets_there_are(run):  # noqa: F811 - a fixture
    assert run("policy", "preset").stdout.split() == presets.names()
    for odd in ("beer", "../policy", "KISS", ""):
        assert refused(run("policy", "preset", odd), "there is no preset", "kiss")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", ("1 mistake", "name")),
        ('name = "Ours"\nrounding = "sideways"\nnonsense = 1\n', ("2 mistakes", "rounding", "nonsense")),
        ("name = ", ("1 mistake", "line 1")),
        (b"name = \xff", ("not text in UTF-8",)),
        (b"name = \x1b[2J", ("1 mistake",)),
        ("#" * 70_000, ("1 mistake", "64 KiB")),
    ],
)
def test_what_is_no_policy_is_named_with_every_mistake(run, oak, file, text, says):  # noqa: F811 - a fixture
    path = file(text)
    for result in (
        run("policy", "check", path),
        oak("policy", "apply", path),
        oak("policy", "simulate", path),
    ):
        assert refused(result, *says), result.output
        assert "\x1b" not in result.output and result.stdout == ""
    assert policy_of(oak).stdout == presets.text("equal-hours")
    assert run("policy", "check", path + "x").exit_code == 2


def test_a_policy_is_to_come_or_shown_by_its_number(oak, file):  # noqa: F811 - a fixture
    tomorrow = TODAY + timedelta(days=1)
    path = file(presets.text("kiss"))
    yesterday = str(TODAY - timedelta(days=2))
    assert refused(oak("policy", "apply", path, "--from", yesterday), "from today on")
    assert oak("policy", "apply", path, "--from", "01.02.2027").exit_code == 2
    assert oak("policy", "apply", path, "--from", str(tomorrow)).exit_code == 0
    shown = policy_of(oak)
    assert shown.stdout == presets.text("equal-hours") and "version 0" in shown.stderr
    assert policy_of(oak, "--version", "1").stdout == presets.text("kiss")
    assert refused(policy_of(oak, "--version", "2"), "the newest is 1")


def test_there_must_be_such_a_community(run, file):  # noqa: F811 - a fixture
    path = file(presets.text("kiss"))
    for command in (("apply", path), ("simulate", path), ("show",)):
        assert refused(run("policy", *command, "--community", "elm"), "there is no community elm")
    assert refused(run("close", "--community", "elm", "--through", "2026-01-01"), "there is no community elm")


def test_a_member_enrolled_later_has_the_floor_of_the_policy(oak, run, file, server, database_name):  # noqa: F811 - a fixture
    rows(oak("member", "add", "--name", "Ana"))
    assert oak("policy", "apply", file(presets.text("kiss"))).exit_code == 0
    rows(oak("member", "add", "--name", "Ben"))

    async def floors():
        connection = await asyncpg.connect(**driver_arguments(server.url, database_name))
        found = await connection.fetch(
            "SELECT b.floor FROM balance b JOIN account a USING (community_id, account_id) WHERE a.kind = 'member'"
        )
        await connection.close()
        return [each["floor"] for each in found]

    assert asyncio.run(floors()) == [0, 0]
    audited = run("audit", "--community", "oak")
    assert audited.exit_code == 0, audited.output


def test_the_past_is_tried_under_another_policy(oak, file, server, database_name):  # noqa: F811 - a fixture
    [[_, ana]] = rows(oak("member", "add", "--name", "Ana"))
    [[_, ben]] = rows(oak("member", "add", "--name", "Ben"))
    first = TODAY.replace(day=1) - timedelta(days=1)

    async def claim(on, seconds):
        connection = await asyncpg.connect(**driver_arguments(server.url, database_name))
        await connection.execute(
            "INSERT INTO claim (community_id, claim_id, provider_id, receiver_id, activity, service_on,"
            " recorded_seconds, policy_version, provider_account_id, receiver_account_id, logged_via, logged_at, state,"
            " event_count, posting_count, credited_seconds, paid_seconds)"
            " VALUES (1, $1, $2, $3, 'shopping', $4, $5, 0, $1, $2, 'member', now(), 'posted', 1, 1, $5, $5)",
            uuid4(),
            UUID(ben),
            UUID(ana),
            on,
            seconds,
        )
        await connection.close()

    for on in (first, first, first - timedelta(days=60)):
        asyncio.run(claim(on, 4 * 3600))
    path = file('name = "Ours"\n[caps.weekly]\nhours = "6:00"\nabove = "honour"\n')
    tried = oak("policy", "simulate", path)
    assert tried.exit_code == 0, tried.output
    assert "2 claims would have earned 6:00 in place of 8:00 (-2:00)" in tried.stdout
    assert "Ben: 6:00 in place of 8:00" in tried.stdout
    assert re.search(rf"from {first.replace(day=1)} to {first}", tried.stderr)
    days = ("--from", str(first - timedelta(days=60)), "--until", str(first))
    assert "3 claims" in oak("policy", "simulate", path, *days).stdout
    assert refused(oak("policy", "simulate", path, "--from", str(first)), "both --from and --until")
    assert refused(
        oak("policy", "simulate", path, "--from", "2020-01-01", "--until", "2026-01-01"), "1 to 366"
    )
