"""`carehours report` at the command line: its layouts and forms, and packs that are made, made again and checked."""

import csv
import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest

from ledger.desk.social.measures import ALL
from ledger.log.keys import load_keys
from ledger.log.trust import render_trust
from tests.api.test_cli_people import URL, oak, refused, run  # noqa: F401 - fixtures

TODAY = datetime.now(UTC).date()


def report(run, *arguments):  # noqa: F811 - a fixture
    return run("report", "--community", "oak", *arguments)


@pytest.mark.parametrize("layout", ["table", "scorecard", "prove-it"])
def test_every_layout_comes_in_every_form(run, oak, layout):  # noqa: F811 - fixtures
    said = report(run, "--layout", layout)
    assert said.exit_code == 0 and "Visits: 0" in said.stdout, said.output
    whole = json.loads(report(run, "--layout", layout, "--format", "json").stdout)
    assert [row["measure"] for row in whole["figures"]] == [measure.code for measure in ALL]
    assert ("trend" in whole["figures"][0]) == (layout == "scorecard")
    assert (whole["texts"] != {}) == (layout == "prove-it")
    lines = list(csv.DictReader(StringIO(report(run, "--layout", layout, "--format", "csv").stdout)))
    assert [line["measure"] for line in lines] == [measure.code for measure in ALL]
    if layout == "table":
        days = report(run, "--from", "2026-01-01", "--until", "2026-03-31", "--format", "json").stdout
        assert (json.loads(days)["from"], json.loads(days)["until"]) == ("2026-01-01", "2026-03-31")


def test_what_cannot_be_reported_is_said(run, oak):  # noqa: F811 - fixtures
    assert refused(run("report", "--community", "elm"), "there is no community elm")
    assert refused(report(run, "--from", "2026-03-01", "--until", "2026-01-01"), "lies before")
    assert run("report").exit_code == 2
    assert run("report", "--community", "oak", "pack", "--community", "oak", "--output", "x").exit_code == 2


def test_a_pack_is_made_made_again_and_checked(run, oak, tmp_path):  # noqa: F811 - fixtures
    first, again, trust = (str(tmp_path / name) for name in ("one.zip", "two.zip", "trust.json"))
    said = oak("report", "pack", "--from", "2026-01-01", "--output", first)
    assert said.exit_code == 0, said.output
    pack = said.stderr.split("evidence pack ")[1].split(":")[0]
    assert oak("report", "pack", "--again", pack, "--output", again).exit_code == 0
    octets = (tmp_path / "one.zip").read_bytes()
    assert (tmp_path / "two.zip").read_bytes() == octets
    keys = load_keys(tmp_path / "data" / "keys")
    origin = f"{URL.partition('//')[2]}/oak"
    (tmp_path / "trust.json").write_text(json.dumps(render_trust({URL}, keys, [origin])))
    good = run("verify", first, "--trust", trust)
    assert good.exit_code == 0 and "The evidence pack is valid." in good.stdout, good.output
    assert f"The social report of 2026-01-01 to {TODAY}" in good.stdout
    (tmp_path / "one.zip").write_bytes(octets.replace(b"Visits", b"Visitz"))
    bad = run("verify", first, "--trust", trust)
    assert bad.exit_code == 1 and "The evidence pack is NOT valid." in bad.stdout
    assert "The social report of" not in bad.stdout
    tomorrow = str(TODAY + timedelta(days=2))
    assert refused(oak("report", "pack", "--until", tomorrow, "--output", again), "has not come yet")
    nobody = "00000000-0000-4000-8000-000000000000"
    assert refused(oak("report", "pack", "--again", nobody, "--output", again), "there is no evidence pack")
