"""`carehours close`, `period list`, and the proof of a balance that `carehours verify` checks."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.api.test_cli_people import oak, refused, rows, run  # noqa: F401 - fixtures

TODAY = datetime.now(UTC).date()
DAY = TODAY - timedelta(days=2)


@pytest.fixture
def close(run, oak):  # noqa: F811 - fixtures
    return lambda *arguments: run("close", "--community", "oak", *arguments)


def test_a_period_is_looked_at_closed_and_listed(run, oak, close):  # noqa: F811 - fixtures
    assert oak("member", "add", "--name", "Ana").exit_code == 0
    checked = rows(close("--check", "--through", str(DAY)))
    assert [each[0].split()[1] for each in checked][:2] == ["trial_balance", "audit"]
    assert {each[0].split()[0] for each in checked} == {"ok"}
    assert rows(close("--check"))
    assert rows(oak("period", "list")) == []

    assert refused(close("--through", str(TODAY + timedelta(days=1))), "has not ended yet")
    closed = close("--through", str(DAY))
    assert closed.stdout.startswith(f"closed through {DAY}: 1 balances, sum 0, root "), closed.output
    assert refused(close("--through", str(DAY)), "is closed", f"({DAY})")
    again = close("--through", str(TODAY - timedelta(days=1)), "--despite", "audit", "--reason", "No auditor")
    assert again.exit_code == 0, again.output
    listed = rows(oak("period", "list"))
    assert [(each[0], each[2], each[4]) for each in listed] == [
        (str(TODAY - timedelta(days=1)), "2", "-"),
        (str(DAY), "1", "-"),
    ]
    assert listed[1][3] == closed.stdout.split()[-1]
    assert run("audit", "--community", "oak").exit_code == 0


def test_what_is_no_closing(run, close):  # noqa: F811 - a fixture
    assert close().exit_code == 2
    assert close("--through", "yesterday").exit_code == 2
    assert close("--through", str(DAY), "--despite", "audit").exit_code == 2
    assert close("--through", str(DAY), "--despite", "trial_balance", "--reason", "x").exit_code == 2
    for reason in (" ", "x" * 501, "a\x1b[2Jb"):
        answer = close("--through", str(DAY), "--despite", "audit", "--reason", reason)
        assert refused(answer, "1 to 500 ordinary characters"), answer.output
    assert refused(run("close", "--community", "elm", "--through", str(DAY)), "there is no community elm")


def test_a_proof_is_checked_offline_and_an_altered_one_refused(run, tmp_path):  # noqa: F811 - a fixture
    from tests.ledger.log.test_balances import ORIGIN, TRUST, VKEY, account, proof, render_balance_proof

    trust, file = tmp_path / "trust.json", tmp_path / "proof.json"
    told = {
        "version": 1,
        "issuers": sorted(TRUST.issuers),
        "jwks": {"keys": []},
        "logs": [{"origin": ORIGIN, "vkeys": [str(VKEY)]}],
    }
    trust.write_text(json.dumps(told))
    text = render_balance_proof(proof(6, said={"sum": 0}))
    file.write_text(text)
    good = run("verify", str(file), "--trust", str(trust))
    assert good.exit_code == 0 and "The proof is valid." in good.stdout, good.output
    assert f"Account {account(5)} stood at -0:03 hours" in good.stdout
    assert "2026-10-31" in good.stdout and ORIGIN in good.stdout
    as_json = run("verify", str(file), "--trust", str(trust), "--json")
    assert json.loads(as_json.stdout)["says"]["accounts"] == 6
    file.write_text(text.replace('\\"s\\":', '\\"s\\":1'))
    bad = run("verify", str(file), "--trust", str(trust))
    assert bad.exit_code == 1 and "The proof is NOT valid." in bad.stdout, bad.output
