"""`scripts/soak NAME`: the long trials, each with its own options. Exit code 1 when something was wrong."""

import argparse
import sys
import tempfile
from pathlib import Path

from scripts.measure import machine
from scripts.measure.bank import bank
from scripts.measure.claims import grow_claims, told_of_ages
from scripts.measure.growth import growth
from scripts.measure.house import opened_house
from scripts.measure.kill import VICTIMS, kill


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    names = parser.add_subparsers(dest="name", required=True)
    one = names.add_parser("bank", help="many clients, two processes, sums always zero")
    one.add_argument("--seconds", type=float, default=3600)
    one.add_argument("--clients", type=int, default=24)
    one = names.add_parser("kill", help="kill -9 of service and database at random moments")
    one.add_argument("--kills", type=int, default=100)
    one.add_argument("--clients", type=int, default=16)
    one.add_argument("--victim", choices=VICTIMS, help="only this one; both in turn when left out")
    one = names.add_parser("growth", help="posting, past balances and statements at two sizes of the log")
    one.add_argument("--transfers", type=int, default=10_000_000)
    one = names.add_parser("hours", help="confirming and cap sums at two lengths of history")
    one.add_argument("--claims", type=int, default=1_000_000)
    one.add_argument("--seconds", type=float, default=10)
    for each in names.choices.values():
        each.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def started(chosen: argparse.Namespace, data: Path) -> tuple[list[str], bool]:
    """Run the chosen trial; what it says, and whether all was well."""
    if chosen.name == "bank":
        bank_result = bank(data, seconds=chosen.seconds, clients=chosen.clients, seed=chosen.seed, say=say)
        return bank_result.render_lines(), bank_result.ok
    if chosen.name == "kill":
        victims = VICTIMS if chosen.victim is None else (chosen.victim,)
        kill_result = kill(
            data, kills=chosen.kills, clients=chosen.clients, victims=victims, seed=chosen.seed, say=say
        )
        return kill_result.render_lines(), kill_result.ok
    if chosen.name == "hours":
        with opened_house(data, accounts=1, seed=chosen.seed) as house:
            ages = grow_claims(house, (10_000, chosen.claims), chosen.seconds, say)
        return told_of_ages(ages), True
    grown = growth(data, sizes=(10_000, chosen.transfers), seed=chosen.seed, say=say)
    return grown.render_lines(), True


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    chosen = options()
    with tempfile.TemporaryDirectory(prefix="carehours-soak-") as folder:
        lines, ok = started(chosen, Path(folder) / "data")
    print("\n".join([f"{machine.described('uvicorn')}.", *lines]))
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
