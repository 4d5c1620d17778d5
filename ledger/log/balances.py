"""What every account stood at when a period was closed, as a tree whose leaves show nobody.

A leaf is one balance as of the period's last day:

    {"_sd":["3Rk0..."],"n":12,"s":7200}

`s` is the balance in seconds, `n` how many entries it is the sum of. The digest is that of a disclosure, which says
whose it is: `["<salt>","standing",{"acct":"<account id>"}]` in base64url. The salt has 128 bits, so nobody finds a
leaf by trying, and whoever has all leaves can add them up to zero without learning whose they are. The leaves stand
in the order of their digests. The tree is that of RFC 6962, as the log's; its root is in the event `balances_recorded`,
a leaf of the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from uuid import UUID

from ledger.log.encoding import base64url
from ledger.log.merkle import CompactRange, Node, leaf_hash
from ledger.log.receipts import salt_for


@dataclass(frozen=True, slots=True)
class Standing:
    """What one account stood at: seconds, and how many entries they are the sum of."""

    account_id: UUID
    balance: int
    entry_count: int
    digest: str

    @property
    def leaf(self) -> bytes:
        return balance_leaf(self.digest, self.entry_count, self.balance)


@dataclass(frozen=True, slots=True)
class Standings:
    """All of them at one closing, in the order of the tree's leaves, with its root and its stored nodes."""

    standings: tuple[Standing, ...]
    root: bytes
    nodes: tuple[Node, ...]

    @property
    def total(self) -> int:
        return sum([each.balance for each in self.standings])


def balance_leaf(digest_: str, entry_count: int, balance: int) -> bytes:
    """The leaf of one balance, as canonical JSON (RFC 8785)."""
    return f'{{"_sd":["{digest_}"],"n":{entry_count},"s":{balance}}}'.encode("ascii")


def standing_disclosure(secret: bytes, event_id: UUID, account_id: UUID) -> str:
    """The disclosure of whose a balance is, at the closing with this event.

    Its salt follows from the account's secret, so one deletion erases a person here as in the receipts.
    """
    return base64url(f'["{salt_for(secret, event_id)}","standing",{{"acct":"{account_id}"}}]'.encode("ascii"))


def plant(standings: Sequence[Standing]) -> Standings:
    """The tree over these balances: sorted, hashed. A second for 100,000 of them."""
    ordered = sorted(standings, key=attrgetter("digest"))
    tree, nodes = CompactRange(0, ()).append([leaf_hash(each.leaf) for each in ordered])
    return Standings(tuple(ordered), tree.root(), tuple(nodes))
