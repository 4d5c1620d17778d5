"""`carehours statement` at the shell, and `carehours verify` of what it wrote."""

import csv
import io
import json
from datetime import UTC, datetime

import pypdf
import pytest

from tests.api.test_cli import in_one_line, run  # noqa: F401 - a fixture

DAYS = ("--from", "2026-01-01", "--until", str(datetime.now(UTC).date()))


@pytest.fixture
def oak(run):  # noqa: F811
    """A community with Ana, number 1, and Ben, number 2."""
    assert run("community", "found", "oak", "--name", "Oak Hill")[0] == 0
    for name in ("Ana Pérez", "Ben"):
        code, said = run("member", "add", "--community", "oak", "--name", name)
        assert code == 0, said

    def oak(*arguments):
        return run("statement", "--community", "oak", *arguments)

    return oak


def test_a_members_statement_in_words_in_csv_and_as_json(oak):
    code, said = oak("1", *DAYS)
    assert code == 0
    assert "Statement of hours: Ana Pérez" in said
    assert "Nothing came or went in this time." in said
    code, said = oak("1", *DAYS, "--format", "csv")
    assert [row[7] for row in csv.reader(io.StringIO(said.lstrip("\ufeff")))][1:] == ["0", "0"]
    code, said = oak("1", *DAYS, "--format", "json")
    assert json.loads(said)["names"] == ["Ana Pérez"]
    assert json.loads(oak("1", "--format", "json")[1])["until_on"] < str(datetime.now(UTC).date())


def test_what_it_signed_verifies_and_what_was_changed_does_not(oak, run, tmp_path):  # noqa: F811
    signed, trust = tmp_path / "statement.txt", tmp_path / "trust.json"
    assert oak("1", *DAYS, "--format", "signed", "--out", str(signed))[0] == 0
    trust.write_text(json.dumps(_trust(tmp_path)))
    code, said = run("verify", str(signed), "--trust", str(trust))
    assert (code, "The statement is valid." in said) == (0, True)
    assert "Statement of Ana Pérez at Oak Hill" in said
    assert json.loads(run("verify", str(signed), "--trust", str(trust), "--json")[1])["valid"] is True
    signed.write_text(signed.read_text().replace(".", ".e", 1))
    code, said = run("verify", str(signed), "--trust", str(trust))
    assert (code, "The statement is NOT valid." in said) == (1, True)


def test_of_a_pdf_it_is_said_which_file_to_give(oak, run, tmp_path):  # noqa: F811
    paper, trust = tmp_path / "statement.txt", tmp_path / "trust.json"
    assert oak("1", *DAYS, "--format", "pdf", "--out", str(paper))[0] == 0
    trust.write_text(json.dumps(_trust(tmp_path)))
    code, said = run("verify", str(paper), "--trust", str(trust))
    assert code == 1
    assert "This is a PDF: give the signed file that came with it (statement-….txt)." in in_one_line(said)


def _trust(folder):
    from ledger.log.keys import load_keys
    from ledger.log.trust import render_trust

    keys = load_keys(folder / "data" / "keys", {})
    return render_trust(["https://care.example.org"], keys, ["care.example.org/oak"])


def test_everybodys_go_into_a_folder_in_large_print_and_another_language(oak, tmp_path):
    folder = tmp_path / "all"
    code, said = oak("--all", *DAYS, "--format", "pdf", "--large", "--language", "cy", "--out", str(folder))
    assert code == 0, said
    files = sorted(folder.iterdir())
    assert len(files) == 2
    assert {pypdf.PdfReader(each).trailer["/Root"]["/Lang"] for each in files} == {"cy"}


WRONG = [
    ((), "name one member by number"),
    (("1", "--all"), "name one member by number"),
    (("1", "--from", "2026-01-01"), "give both --from and --until"),
    (("9", *DAYS), "member 9 is not there"),
    (("--account", "nowhere", *DAYS), "there is no account nowhere"),
    (("1", "--language", "de"), "--language is one of"),
    (("1", "--format", "pdf"), "say where with --out"),
    (("1", "--from", "2026-02-01", "--until", "2026-01-01"), "Correct the dates"),
    (("1", "--from", "2026-02-01", "--until", "2199-01-01"), "Choose an earlier last day"),
]


@pytest.mark.parametrize(("arguments", "says"), WRONG)
def test_what_is_asked_wrongly_ends_in_a_plain_sentence(oak, arguments, says):
    code, said = oak(*arguments)
    assert code == 1
    assert says in in_one_line(said)
