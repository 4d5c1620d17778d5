"""The tree over the leaves, built again, and every stored hash and checkpoint held against it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ledger.desk.audit.findings import Findings
from ledger.log.checkpoints import Checkpoint, MalformedNote, UntrustedNote, VerifierKey, open_checkpoint
from ledger.log.merkle import HASH_BYTES, CompactRange, Node

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(text: str | None) -> int | None:
    """A timestamptz as PostgreSQL writes it in UTC, in microseconds since 1970; None for one no calendar has."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else (moment - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of `checkpoint`; `kept_at` in microseconds since 1970, None when it is not a moment."""

    tree_size: int
    root: bytes | None
    note: str | None
    kept_at: int | None


@dataclass(slots=True)
class Tree:
    """The tree of the leaves seen so far.

    `keep_every` is how long after a kept checkpoint the next one is due, and `kept_at` when the newest was
    kept. `roots` are those at sizes somebody asked for. After a gap in the leaves there is no tree any more.
    """

    origin: str
    vkeys: Sequence[VerifierKey]
    findings: Findings
    keep_every: int
    kept_at: int
    range: CompactRange = field(default_factory=lambda: CompactRange(0, ()))
    wanted: set[int] = field(default_factory=set)
    roots: dict[int, bytes] = field(default_factory=dict)
    moment: int | None = None
    broken: bool = False
    _due: tuple[int, int] | None = None

    def append(self, hashes: bytes, moments: Sequence[tuple[int, int]], kept: Sequence[Kept]) -> list[Node]:
        """Add leaves; returns the nodes that became complete.

        `moments` are (leaf index, microseconds since 1970) wherever the time of posting changes, `kept` the
        checkpoints of the sizes now reached, both in order.
        """
        end = self.range.size + len(hashes) // HASH_BYTES
        leaf_hashes = [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]
        first = self.range.size
        stops = sorted(
            {row.tree_size for row in kept} | {size for size in self.wanted if first < size <= end} | {end}
        )
        nodes: list[Node] = []
        for stop in stops:
            self.range, completed = self.range.append(leaf_hashes[self.range.size - first : stop - first])
            nodes += completed
            if stop < end or stop in self.wanted or kept:
                self.roots[stop] = self.range.root()
        events: list[tuple[int, int, int | Kept]] = [(leaf, 0, at) for leaf, at in moments]
        events += [(row.tree_size - 1, 1, row) for row in kept]
        for leaf, _, event in sorted(events, key=lambda event: event[:2]):
            if isinstance(event, Kept):
                self._look_at(event)
            else:
                self._pass_moment(leaf, event)
        self.roots = {size: root for size, root in self.roots.items() if size in self.wanted}
        return nodes

    def _look_at(self, row: Kept) -> None:
        where = f"checkpoint, tree_size {row.tree_size}"
        root = self.roots.get(row.tree_size)
        if not self.broken:
            if row.root != root:
                self.findings.add("checkpoints", "Its root is not that of the leaves.", where)
            self.check_note("checkpoints", row.note, row.tree_size, root, where)
        if self._due is not None and row.tree_size > self._due[0] and row.kept_at == self._due[1]:
            self.kept_at, self._due = self._due[1], None
        else:
            self.findings.add(
                "checkpoints", "No checkpoint was due to be kept at its kept_at and size.", where
            )

    def _pass_moment(self, leaf: int, moment: int) -> None:
        if moment == self.moment:
            return
        if self.moment is not None and moment < self.moment:
            self.findings.add(
                "recorded_at", "recorded_at goes back: this was recorded before the leaf in front of it.",
                f"transfer or event, leaf {leaf}",
            )  # fmt: skip
        self.moment = moment
        self.end_due()
        if leaf == 0 or moment - self.kept_at >= self.keep_every:
            self._due = (leaf, moment)

    def end_due(self) -> None:
        """No more leaves of the moment at which a checkpoint was due."""
        if self._due is not None:
            leaf, moment = self._due
            self.findings.add(
                "checkpoints", "The checkpoint that was due to be kept with this leaf is missing.",
                f"checkpoint, leaf {leaf}",
            )  # fmt: skip
            self.kept_at, self._due = moment, None

    def check_note(
        self, check: str, note: str | None, size: int, root: bytes | None, where: str
    ) -> Checkpoint | None:
        """Hold a signed note against the size and root it should have."""
        checkpoint = self.open_note(check, note, where)
        if checkpoint is None:
            return None
        if checkpoint.size != size:
            self.findings.add(check, f"The note is of {checkpoint.size} leaves, not of {size}.", where)
        elif checkpoint.root != root:
            self.findings.add(check, "The root in the signed note is not that of the leaves.", where)
        return checkpoint

    def open_note(self, check: str, note: str | None, where: str) -> Checkpoint | None:
        """The checkpoint in a note, when a key of ours signed it for this log."""
        try:
            checkpoint = open_checkpoint(note or "", self.vkeys)
        except (MalformedNote, UntrustedNote) as problem:
            self.findings.add(
                check, f"The note is not a checkpoint signed by a key of this service: {problem}.", where
            )
            return None
        if checkpoint.origin != self.origin:
            self.findings.add(
                check, f"The note is of the log {checkpoint.origin}, not of {self.origin}.", where
            )
            return None
        return checkpoint
