"""`carehours export` and `carehours community import`, with two services."""

import csv
import io
import stat

import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from api.cli import main
from api.cli_exports import LISTS
from ledger.desk.exports import lists
from tests.conftest import in_database


@pytest.fixture
async def services(server, database_name, other_database_name, tmp_path, monkeypatch):
    """Runs `carehours` on one of two services, `here` and `there`; answers (exit code, what it printed)."""
    names = {"here": database_name, "there": other_database_name}
    monkeypatch.chdir(tmp_path)

    def run(where, *arguments, stdin=None):
        url = in_database(server.url, names[where]).replace("postgresql+asyncpg://", "postgres://")
        settings = {
            "DATABASE_URL": url,
            "CAREHOURS_DATA": where,
            "CAREHOURS_URL": f"https://{where}.example.org",
        }
        result = CliRunner().invoke(main, arguments, env=settings, input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result.exit_code, " ".join(result.output.replace("│", " ").split())

    return run


def log_key(run, where):
    words = run(where, "keys", "show")[1].split()
    return words[words.index("log") + 1]


def test_a_community_goes_from_one_service_to_another(services, tmp_path):
    services("here", "community", "found", "oak", "--name", "Oak Hill")
    services("here", "member", "add", "--community", "oak", "--name", "Ana Pereira")
    code, said = services("here", "export", "community", "--community", "oak", "--out", "oak.zip")
    assert code == 0 and "personal data and secrets" in said
    assert stat.S_IMODE((tmp_path / "oak.zip").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []

    fingerprint = log_key(services, "here")
    code, said = services("there", "community", "import", "oak.zip")
    assert code == 1 and f"--key {fingerprint}" in said
    services("there", "keys", "show")
    code, said = services("there", "community", "import", "oak.zip", "--key", log_key(services, "there"))
    assert code == 1 and "was not signed by that key" in said
    assert "oak" not in services("there", "community", "list")[1]
    code, said = services("there", "community", "import", "oak.zip", "--key", fingerprint)
    assert code == 0 and "took in oak: 3 leaves" in said and "the audit is clean" in said
    assert "here.example.org/oak" in services("there", "community", "list")[1]
    assert services("there", "audit", "--community", "oak")[0] == 0
    code, said = services("there", "member", "add", "--community", "oak", "--name", "Ben Okafor")
    assert code == 0, said
    assert services("there", "audit", "--community", "oak")[0] == 0
    code, said = services("there", "community", "import", "oak.zip", "--key", fingerprint)
    assert code == 1 and "has a community oak already" in said
    (tmp_path / "oak.zip").write_bytes(b"PK\x03\x04 no more of it")
    code, said = services("here", "community", "import", "oak.zip")
    assert code == 1 and "oak.zip is not taken in: it is no zip, or it was cut short" in said


def test_a_community_moves_and_is_only_read_where_it_was(services, tmp_path):
    services("here", "community", "found", "oak", "--name", "Oak Hill")
    move = ("community", "move", "--community", "oak")
    out = ("--out", "oak.zip", "--yes")
    for arguments, says in (
        (("--to", "there.example.org", *out), "--to is 'there.example.org'; it must look like https://"),
        (("--to", "https://here.example.org/", *out), "is this service itself"),
        (("--undo", "--yes"), "oak has not moved"),
    ):
        code, said = services("here", *move, *arguments)
        assert code == 1 and says in said, said
    assert services("here", *move, "--to", "https://there.example.org", "--undo")[0] == 2
    assert services("here", *move)[0] == 2
    code, said = services("here", *move, "--to", "https://there.example.org", "--out", "oak.zip", stdin="n\n")
    assert code == 1 and "nothing was done" in said
    code, said = services(
        "here", *move, "--to", "https://there.example.org", "--out", "nowhere/oak.zip", "--yes"
    )
    assert code == 1 and "nowhere" in said
    # It has moved by now. The same again writes the zip; another place does not.
    code, said = services("here", *move, "--to", "https://third.example.org", *out)
    assert code == 1 and "has moved to https://there.example.org" in said
    code, said = services("here", *move, "--to", "https://there.example.org/", *out)
    assert code == 0 and "here it can only be read" in said
    code, said = services("here", "member", "add", "--community", "oak", "--name", "Ana Pereira")
    assert code == 1 and "the community has moved to https://there.example.org" in said
    assert services("here", "audit", "--community", "oak")[0] == 0
    services("there", "keys", "show")
    code, said = services("there", "community", "import", "oak.zip", "--key", log_key(services, "here"))
    assert code == 0 and "took in oak" in said, said
    code, said = services("there", "member", "add", "--community", "oak", "--name", "Ana Pereira")
    assert code == 0, said
    code, said = services("here", *move, "--undo", stdin="n\n")
    assert code == 1 and "https://there.example.org/log/oak/checkpoint" in said
    assert services("here", *move, "--undo", "--yes")[0] == 0
    assert services("here", "member", "add", "--community", "oak", "--name", "Ben Okafor")[0] == 0


def test_lists_are_written_as_csv_and_xlsx(services, tmp_path):
    assert tuple(lists.LISTS) == LISTS
    services("here", "community", "found", "oak", "--name", "Oak Hill")
    services("here", "member", "add", "--community", "oak", "--name", "=Ana")
    code, _ = services("here", "export", "csv", "members", "--community", "oak", "--output", "members.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "members.csv").read_bytes().decode("utf-8-sig"))))
    assert (code, rows[0][:2], rows[1][:2]) == (0, ["number", "name"], ["1", "'=Ana"])
    assert services("here", "export", "xlsx", "--community", "oak", "--out", "all.xlsx")[0] == 0
    assert CalamineWorkbook.from_path("all.xlsx").sheet_names == list(LISTS)
    assert services("here", "export", "xlsx", "events", "--community", "oak", "--out", "one.xlsx")[0] == 0
    assert CalamineWorkbook.from_path("one.xlsx").sheet_names == ["events"]
    assert services("here", "export", "csv", "secrets", "--community", "oak")[0] == 2


def test_a_bundle_is_written_and_a_folder_that_is_not_there_is_named(services, tmp_path):
    services("here", "community", "found", "oak", "--name", "Oak Hill")
    code, said = services("here", "export", "bundle", "--community", "oak", "--out", "oak.zip")
    assert code == 0 and "verify.py" in said
    code, said = services("here", "export", "bundle", "--community", "oak", "--out", "nowhere/oak.zip")
    assert code == 1 and "nowhere" in said
