"""The command line, on a database named by DATABASE_URL as people paste it."""

import json

import pytest
from click.testing import CliRunner

from api.cli import main
from tests.timeoverflow_files import broken_samples, sample


@pytest.fixture
def run(database_url, tmp_path, monkeypatch):
    """Runs `carehours` with the arguments; answers (exit code, what it printed)."""
    monkeypatch.setenv("DATABASE_URL", database_url.replace("postgresql+asyncpg://", "postgres://"))
    monkeypatch.setenv("CAREHOURS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CAREHOURS_URL", "https://care.example.org")
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        result = CliRunner().invoke(main, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result.exit_code, result.output

    return run


def in_one_line(said):
    """What was said, out of the box and the lines it was set in."""
    return " ".join(said.replace("│", " ").split())


def test_a_community_is_founded_once(run):
    assert run("community", "found", "oak", "--name", "Oak")[0] == 0
    code, said = run("community", "found", "oak", "--name", "Oak")
    assert (code, "already" in said) == (1, True)
    assert run("community", "found", "Oak Hill", "--name", "Oak")[0] == 1
    assert "care.example.org/oak" in run("community", "list")[1]


def test_a_token_is_shown_once_and_can_be_ended(run):
    run("community", "found", "oak", "--name", "Oak")
    shown = run("token", "create", "--community", "oak", "--label", "phone")[1]
    token = shown.split()[-1]
    token_id = token.split("_")[1]
    listed = run("token", "list", "--community", "oak")[1]
    assert token_id in listed
    assert "phone" in listed
    assert token not in listed
    assert run("token", "revoke", token_id, "--community", "oak")[0] == 0
    assert "revoked" in run("token", "list", "--community", "oak")[1]
    assert run("token", "revoke", token_id, "--community", "oak")[0] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("token", "create", "--community", "nowhere"),
        ("audit", "--community", "nowhere"),
        ("export", "hledger", "--community", "nowhere"),
    ],
)
def test_an_unknown_community_is_named(run, arguments):
    code, said = run(*arguments)
    assert code == 1
    assert "no community nowhere" in said


def test_keys_are_made_shown_rotated_and_retired(run):
    assert run("keys", "show")[0] == 1
    assert run("keys", "init")[0] == 0
    assert run("keys", "init")[0] == 1
    for purpose in ("receipt", "log"):
        assert run("keys", "rotate", purpose)[0] == 0
    lines = [line.split() for line in run("keys", "show")[1].splitlines()]
    assert [(purpose, state) for purpose, _, _, state in lines] == [
        ("receipt", "retired"),
        ("receipt", "signs"),
        ("log", "signs"),
        ("log", "signs"),
    ]
    assert run("keys", "retire", lines[2][1])[0] == 0
    assert run("keys", "retire", lines[3][1])[0] == 1


@pytest.mark.parametrize("kid", ["-abc", "-hello", "--x", "abc"])
def test_a_kid_that_begins_with_a_hyphen_is_a_kid(run, kid):
    run("keys", "init")
    code, said = run("keys", "retire", kid)
    assert code == 1
    assert "no private key" in in_one_line(said)


def test_lost_keys_are_not_replaced_in_silence(run, tmp_path):
    run("demo")
    for key in (tmp_path / "data" / "keys").iterdir():
        key.unlink()
    code, said = run("community", "list")
    assert code == 1
    assert "bring those back" in in_one_line(said)


def test_a_broken_file_is_refused_with_its_place_and_nothing_is_written(run, tmp_path):
    run("community", "found", "oak", "--name", "Oak")
    for name, (data, *_) in broken_samples().items():
        (tmp_path / "bank.zip").write_bytes(data)
        code, said = run("import", "timeoverflow", "bank.zip", "--community", "oak")
        assert code == 1, (name, said)
        assert "Traceback" not in said
    assert "0 accounts" in run("audit", "--community", "oak")[1] or run("audit")[0] == 0


def test_an_import_is_looked_at_first_and_then_done_once(run, tmp_path):
    run("community", "found", "oak", "--name", "Oak")
    (tmp_path / "bank.zip").write_bytes(sample())
    assert run("import", "timeoverflow", "bank.zip", "--community", "oak", "--dry-run")[0] == 0
    assert run("export", "hledger", "--community", "oak", "--output", "before.journal")[0] == 0
    assert run("import", "timeoverflow", "bank.zip", "--community", "oak")[0] == 0
    assert run("export", "hledger", "--community", "oak", "--output", "once.journal")[0] == 0
    assert run("import", "timeoverflow", "bank.zip", "--community", "oak")[0] == 0
    assert run("export", "hledger", "--community", "oak", "--output", "twice.journal")[0] == 0
    before, once, twice = [(tmp_path / f"{name}.journal").read_text() for name in ("before", "once", "twice")]
    assert before != once == twice
    code, said = run("audit", "--json")
    assert code == 0
    [report] = json.loads(said[said.index("[") :])
    assert report["findings"] == []


def test_what_is_no_receipt_is_a_clear_no(run, tmp_path):
    (tmp_path / "receipt.txt").write_bytes(b"\x00\xff nonsense")
    (tmp_path / "trust.json").write_text('{"version":1,"issuers":[],"jwks":{"keys":[]},"logs":[]}')
    code, said = run("verify", "receipt.txt", "--trust", "trust.json")
    assert code == 1
    assert "NOT valid" in said
    (tmp_path / "trust.json").write_text("nonsense")
    assert run("verify", "receipt.txt", "--trust", "trust.json")[0] == 1


@pytest.mark.parametrize("url", ["care.example.org", "ftp://x", "https://x/path", "https://x?y"])
def test_a_url_that_cannot_stand_in_a_receipt_is_refused(run, monkeypatch, url):
    monkeypatch.setenv("CAREHOURS_URL", url)
    code, said = run("community", "list")
    assert code == 1
    assert "CAREHOURS_URL" in said


def test_every_command_says_what_it_is_for(run):
    def walk(command, path):
        for name, each in getattr(command, "commands", {}).items():
            assert run(*path, name, "--help")[0] == 0
            assert each.help, (*path, name)
            walk(each, (*path, name))

    walk(main, ())


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("DATABASE_URL", "mysql://x/y", "postgres"),
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none", "the database cannot be used"),
        ("CAREHOURS_LOG_LEVEL", "loud", "CAREHOURS_LOG_LEVEL"),
        ("CAREHOURS_POOL_SIZE", "many", "CAREHOURS_POOL_SIZE"),
    ],
)
def test_a_setting_that_cannot_work_ends_in_a_sentence(run, monkeypatch, setting, value, says):
    monkeypatch.setenv(setting, value)
    code, said = run("community", "list")
    assert code == 1
    assert says in in_one_line(said)


def test_a_checkpoint_is_held_against_the_community_it_is_of(run, tmp_path):
    run("community", "found", "oak", "--name", "Oak")
    run("demo")
    kept = tmp_path / "data" / "checkpoints"
    newest = max(kept.glob("demo.?.checkpoint"), key=lambda path: int(path.read_text().split("\n")[1]))
    (tmp_path / "kept.txt").write_text(newest.read_text())
    assert run("audit", "--against", "kept.txt")[0] == 0
    assert run("audit", "--against", "kept.txt", "--community", "oak")[0] == 1
    (tmp_path / "kept.txt").write_text("nonsense")
    assert "no checkpoint" in in_one_line(run("audit", "--against", "kept.txt")[1])


def test_the_demo_needs_a_community_of_its_own(run, tmp_path):
    assert run("demo", "--community", "Bad Slug")[0] == 1
    run("community", "found", "oak", "--name", "Oak")
    (tmp_path / "bank.zip").write_bytes(sample())
    run("import", "timeoverflow", "bank.zip", "--community", "oak")
    run("demo", "--community", "oak")
    assert run("audit", "--community", "oak")[0] == 0


def test_there_is_nothing_to_audit_without_a_community(run):
    code, said = run("audit")
    assert code == 1
    assert "no community" in in_one_line(said)
