"""`carehours reconcile`: a list held against the ledger, of which nothing is kept."""

import json

import pytest

from tests.api.test_cli_people import oak, refused, run  # noqa: F401 - fixtures
from tests.paper_files import csv_bytes

SHEET = "Date,Volunteer,Service user,Hours\n13/11/2026,Ben Powell,Ana Rees,1.5\n31/02/2026,Ben,Ana,1\n"


@pytest.fixture
def sheet(tmp_path):
    """Writes a list; returns where."""

    def sheet(content, name="sheet.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return sheet


@pytest.fixture
def people(run, oak):  # noqa: F811
    """Ben and Ana, who belong to oak."""
    for name in ("Ben Powell", "Ana Rees"):
        assert oak("member", "add", "--name", name).exit_code == 0


def test_a_list_is_shown_with_what_it_means_and_nothing_is_kept(run, oak, people, sheet):  # noqa: F811
    path = sheet(SHEET)
    shown = run("reconcile", path, "--community", "oak", "--json")
    assert shown.exit_code == 1, shown.output
    told = json.loads(shown.stdout)
    assert told["counts"] == {"exact": 0, "probable": 0, "none": 1, "unread": 1}
    [line] = told["lines"]
    assert (line["row"], line["seconds"], line["reasons"]) == (2, 5400, ["no_record"])
    assert [(each["row"], each["reason"]) for each in told["unread"]] == [(3, "date_invalid")]
    printed = run("reconcile", path, "--community", "oak")
    assert printed.exit_code == 1
    said = " ".join(printed.stdout.split())
    assert "Ben Powell > Ana Rees" in said and "line 3, column 1 cannot be read" in said
    assert "Nothing was kept." in said and "/desk/oak/rounds" in said
    assert "service_on" in printed.stderr


def test_what_can_be_read_in_two_ways_is_asked(run, oak, people, sheet):  # noqa: F811
    path = sheet("Date,Volunteer,Service user,Hours\n03/04/2026,Ben Powell,Ana Rees,1.5\n")
    assert refused(run("reconcile", path, "--community", "oak"), "say first", "--date-order")
    shown = run("reconcile", path, "--community", "oak", "--date-order", "mdy", "--json")
    assert json.loads(shown.stdout)["lines"][0]["service_on"] == "2026-03-04"


def test_a_person_says_which_column_holds_what(run, oak, people, sheet):  # noqa: F811
    path = sheet(csv_bytes([["x", "y", "z"], ["2026-11-13", "Ana Rees", "1:30"]], ";"))
    fixed = ("--column", "service_on=1", "--column", "receiver=2", "--column", "duration=3")
    shown = run("reconcile", path, "--community", "oak", *fixed, "--fixed", "provider=Ben Powell", "--json")
    [line] = json.loads(shown.stdout)["lines"]
    assert (line["provider"], line["receiver"], line["seconds"]) == ("Ben Powell", "Ana Rees", 5400)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--column", "provider"), "takes FIELD=VALUE"),
        (("--column", "provider=x"), "the number of its column"),
        (("--column", "provider=99"), "does not fit this list"),
        (("--column", "beer=1"), "takes FIELD=VALUE"),
        (("--sheet", "Nowhere"), "no such sheet"),
        (("--encoding", "klingon"), "encoding"),
    ],
)
def test_what_is_said_wrongly_is_refused(run, oak, people, sheet, arguments, says):  # noqa: F811
    assert refused(run("reconcile", sheet(SHEET), "--community", "oak", *arguments), says)


def test_a_broken_file_ends_in_a_sentence(run, oak, sheet):  # noqa: F811
    assert refused(run("reconcile", sheet(b""), "--community", "oak"), "The file is empty")
    assert refused(run("reconcile", sheet(SHEET), "--community", "elm"), "there is no community elm")


def test_a_name_on_paper_obeys_no_terminal(run, oak, sheet):  # noqa: F811
    path = sheet("Date,Volunteer,Service user,Hours\n2026-11-13,[red]Ben[/red],Ana,1:30\n")
    assert "[red]Ben[/red]" in run("reconcile", path, "--community", "oak").stdout
