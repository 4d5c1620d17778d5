"""Which way imports go (ledger/README.md), and what stands at the top of the repository."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PURE = {"posting", "accounts", "authors", "commands", "refusals", "amounts"}
ROOMS = {
    # room: what of ours it may import
    "ledger/log": {"ledger.log"},
    "ledger/database": {"ledger.database"},
    "ledger/book": {"ledger.book", "ledger.log", "ledger.database"},
    "ledger/people": {"ledger.people", "ledger.book", "ledger.log", "ledger.database"},
    "ledger/hours": {"ledger.hours", "ledger.people", "ledger.book", "ledger.log", "ledger.database"},
    "ledger/desk": {
        "ledger.desk",
        "ledger.hours",
        "ledger.people",
        "ledger.book",
        "ledger.log",
        "ledger.database",
    },
    "api": {"api", "ledger"},
}


def imports_of(path):
    """Every module of ours that the file imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] in ("ledger", "api", "tests", "scripts"))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_leans_only_on_those_below_it(room):
    for path in (ROOT / room).rglob("*.py"):
        for name in imports_of(path):
            assert any(name == allowed or name.startswith(allowed + ".") for allowed in ROOMS[room]), (
                path,
                name,
            )


def test_the_pages_know_the_api_and_nothing_below_it():
    for path in (ROOT / "api" / "web").rglob("*.py"):
        for name in imports_of(path):
            # Who asks is looked up once for a page, words make one code everywhere, and the demo makes a co-op.
            known = (
                name.startswith("api.")
                or name in ("ledger.people.roles", "ledger.hours.activity_codes")
                or path.name in ("first.py", "demo.py")
            )
            assert known, (path, name)
    for path in (ROOT / "api").glob("**/*.py"):
        if "web" not in path.parts and path.name != "app.py":
            assert not [name for name in imports_of(path) if name.startswith("api.web")], path


def test_deciding_knows_no_database():
    for module in PURE:
        for name in imports_of(ROOT / "ledger" / "book" / f"{module}.py"):
            assert name.rpartition(".")[2] in PURE, (module, name)


@pytest.mark.parametrize("room", ["ledger/log", "ledger/book"])
def test_what_must_last_leans_on_little(room):
    allowed = {"cryptography", "ledger"} | ({"asyncpg", "structlog"} if room == "ledger/book" else set())
    import sys

    for path in (ROOT / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                top = name.split(".")[0]
                assert top in sys.stdlib_module_names or top in allowed, (path, name)


def test_every_statement_is_used_and_every_used_statement_exists():
    sql = ROOT / "ledger" / "database" / "sql"
    there = {str(path.relative_to(sql).with_suffix("")) for path in sql.rglob("*.sql")}
    code = "".join(path.read_text() for room in ("ledger", "api") for path in (ROOT / room).rglob("*.py"))
    # Named without its room where one caller has many of a room.
    named = set(re.findall(r'"([a-z/_{}]+)"', code))
    patterns = [re.compile(re.sub(r"\{[a-z_]+\}", "[a-z_]+", name)) for name in named if "{" in name]
    for name in there:
        short = name.rpartition("/")[2]
        assert {name, short} & named or any(pattern.fullmatch(short) for pattern in patterns), name


def test_the_top_of_the_repository_holds_only_what_was_agreed():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: nothing says which files belong")
    agreed = {"ledger", "api", "tests", "scripts", "pyproject.toml", "docker-compose.yml", "README.md"}
    top = {line.split("/")[0] for line in listed.stdout.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= agreed | {"LICENSE", "CHANGELOG.md"}
