"""`carehours import` at the shell, for every format, and taking an import back."""

import json

import pytest

from tests.api.test_cli import in_one_line, run
from tests.import_files import (
    BALANCES,
    KOMUNITIN_ACCOUNTS,
    KOMUNITIN_TRANSFERS,
    WHOLE,
    csv_of,
    cyclos3,
    neutral,
)

__all__ = ["run"]

SAID = {
    "komunitin": ("--unit", "hours"),
    "cyclos3": ("--unit", "60", "--date-order", "dmy", "--decimal", "comma"),
    "cyclos4": ("--unit", "hours"),
    "drupal": ("--unit", "hours"),
    "oscurrency": ("--unit", "hours"),
    "timebank_cc": (),
    "neutral": (),
}


def stands(run):
    code, said = run("audit", "--community", "oak", "--json")
    assert code == 0, said
    return json.loads(said)[0]


def test_every_format_comes_in_goes_out_again_and_the_books_stay_in_order(run, tmp_path):
    run("community", "found", "oak", "--name", "Oak")
    for system, more in SAID.items():
        (tmp_path / "file").write_bytes(WHOLE[system][0])
        arguments = ("import", system, "file", "--community", "oak", *more, "--json")
        code, said = run(*arguments, "--dry-run")
        assert code == 0, said
        assert json.loads(said)["import_id"] is None
        code, said = run(*arguments)
        report = json.loads(said)
        assert code == 0 and report["net_seconds"] == 0 and report["member_count"] == len(BALANCES)
        code, said = run(
            "import", "undo", report["import_id"], "--community", "oak", "--reason", "a trial", "--json"
        )
        assert code == 0 and json.loads(said)["in_the_way"] == [], said
    assert stands(run)["clean"]
    listed = run("import", "list", "--community", "oak")[1].strip().splitlines()
    assert len(listed) == len(SAID) and all("undone" in line for line in listed)


def test_several_files_are_one_import_in_whatever_order(run, tmp_path):
    run("community", "found", "oak", "--name", "Oak")
    (tmp_path / "accounts.csv").write_bytes(csv_of(KOMUNITIN_ACCOUNTS))
    (tmp_path / "transfers.csv").write_bytes(csv_of(KOMUNITIN_TRANSFERS))
    files = ("accounts.csv", "transfers.csv")
    assert run("import", "komunitin", *files, "--community", "oak", "--unit", "hours")[0] == 0
    code, said = run("import", "komunitin", *reversed(files), "--community", "oak", "--unit", "hours")
    assert code == 0 and "nothing to do" in said


def test_what_is_missing_or_wrong_is_said_and_nothing_is_written(run, tmp_path):
    run("community", "found", "oak", "--name", "Oak")
    (tmp_path / "cyclos.zip").write_bytes(cyclos3())
    for more, words in (
        ((), "have no unit of their own"),
        ((), "See the option --unit."),
        (("--unit", "x"), "--unit is hours, minutes"),
        (("--unit", "hours", "--same", "ana"), "--same"),
        (("--unit", "hours", "--other", "zoe"), "Nobody in the file has this number"),
    ):
        code, said = run("import", "cyclos3", "cyclos.zip", "--community", "oak", *more)
        assert code == 1 and words in in_one_line(said), said
    code, said = run("import", "cyclos3", "cyclos.zip", "--community", "oak", "--json")
    assert code == 1 and json.loads(said)["mistakes"][0]["code"] == "unit_missing"
    assert "0 accounts" in run("audit", "--community", "oak")[1]


def test_who_is_who_is_said_at_the_shell(run, tmp_path):
    run("community", "found", "oak", "--name", "Oak")
    run("member", "add", "--community", "oak", "--name", "Ana Ruiz")
    (tmp_path / "visits.zip").write_bytes(neutral())
    arguments = ("import", "neutral", "visits.zip", "--community", "oak")
    code, said = run(*arguments)
    assert code == 1 and "the same name" in in_one_line(said)
    code, said = run(*arguments, "--same", "7=1")
    assert code == 0 and "members here already 1" in said
    assert stands(run)["clean"]


@pytest.mark.parametrize("reason", ["", "x" * 501, "two\nlines"])
def test_an_import_is_undone_for_a_reason(run, reason):
    run("community", "found", "oak", "--name", "Oak")
    nobody = "00000000-0000-4000-8000-000000000000"
    code, said = run("import", "undo", nobody, "--community", "oak", "--reason", reason)
    assert code == 1 and "one line" in in_one_line(said)
    code, said = run("import", "undo", nobody, "--community", "oak", "--reason", "wrong")
    assert code == 1 and "no such import" in in_one_line(said)
