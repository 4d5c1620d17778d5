"""Many at once, and processes killed at random: the short versions of `scripts/soak bank` and `scripts/soak kill`."""

from scripts.measure.bank import bank
from scripts.measure.kill import kill


def test_the_bank_is_balanced_at_every_moment_through_two_services(tmp_path):
    result = bank(tmp_path / "data", seconds=12, fsync=False)
    assert result.ok, "\n".join(result.problems)
    assert result.snapshots > 20
    assert result.tree_size > 500


def test_nothing_acknowledged_is_lost_when_service_or_database_are_killed(tmp_path):
    result = kill(tmp_path / "data", kills=4, fsync=False)
    assert result.ok, "\n".join(result.problems)
    assert result.acknowledged > 200
