"""What the API says, as msgspec Structs: one conversion out, used by every route."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from api.problems import ProblemView
from ledger.book.journal import Transfer
from ledger.log.keys import SigningKey
from ledger.log.receipts import sign_receipt

HoldState = Literal["pending", "settled", "voided", "expired"]


class EntryView(msgspec.Struct, omit_defaults=True):
    """One account's side: signed seconds, the balance after, and the disclosure that opens it in the receipt.

    A member is told of the other side how many seconds, and nothing else.
    """

    seconds: int
    account: UUID | None = None
    balance_after: int | None = None
    entry_number: int | None = None
    disclosure: str | None = None


class AuthorView(msgspec.Struct, omit_defaults=True):
    """Who posted a transfer, in what capacity, and for whom when that was somebody else: ids of members."""

    via: str
    member: UUID
    acting_for: UUID | None = None


class TransferView(msgspec.Struct, omit_defaults=True):
    """A posted transfer with its receipt, a compact JWS. `leaf_index` is its place in the community's log.

    A batch leaves the receipts out unless it is asked for them: each can be fetched at any time.
    """

    id: UUID
    community: str
    kind: str
    recorded_at: datetime
    leaf_index: int
    entries: list[EntryView]
    receipt: str | None = None
    service_on: date | None = None
    reverses: UUID | None = None
    hold: UUID | None = None
    note: str | None = None
    author: AuthorView | None = None


class OutcomeView(msgspec.Struct, omit_defaults=True):
    """What became of one item of a batch: `status` is what the same request alone would have been answered."""

    id: UUID
    outcome: Literal["posted", "replayed", "refused"]
    status: int
    transfer: TransferView | None = None
    problem: ProblemView | None = None


class DryRunView(msgspec.Struct):
    """What would have become of the request: done as it asks (`posted`, also where that pays nothing yet), or answered
    as before (`replayed`).
    """

    outcome: Literal["posted", "replayed"]


class BatchView(msgspec.Struct):
    outcomes: list[OutcomeView]


class AccountView(msgspec.Struct, omit_defaults=True):
    """An account as it stands: `available` is the balance less what is held, less the floor; seconds."""

    id: UUID
    kind: str
    code: str
    opened_at: datetime
    balance: int
    held: int
    entry_count: int
    closed: bool
    name: str | None = None
    floor: int | None = None
    ceiling: int | None = None
    available: int | None = None
    peer: str | None = None


class AccountsView(msgspec.Struct, omit_defaults=True):
    accounts: list[AccountView]
    next: str | None = None


class PaidForView(msgspec.Struct):
    """The claim a transfer paid, or took back what had paid it: `provider` gave the care to `receiver`."""

    claim: UUID
    provider: UUID
    receiver: UUID
    activity: str


class AccountEntryView(msgspec.Struct, omit_defaults=True):
    """One line of an account's ledger with what it was for: a visit, or of a gift or grant the other side.

    `members` hold the other account now, or it is the pot called `pot`.
    """

    entry_number: int
    seconds: int
    balance_after: int
    transfer: UUID
    kind: str
    leaf_index: int
    recorded_at: datetime
    service_on: date | None = None
    paid_for: PaidForView | None = None
    members: list[UUID] = []
    pot: str | None = None


class EntriesView(msgspec.Struct, omit_defaults=True):
    entries: list[AccountEntryView]
    next: str | None = None


class BalanceView(msgspec.Struct):
    """The balance an account had when the log held `tree_size` leaves.

    `final` is false when the moment asked for is not over yet: a later posting may still change the answer.
    """

    account: UUID
    balance: int
    entry_number: int
    tree_size: int
    final: bool


class HoldView(msgspec.Struct, omit_defaults=True):
    """Seconds set aside. `state` is pending, settled, voided or expired."""

    id: UUID
    account: UUID
    seconds: int
    expires_at: datetime
    placed_at: datetime
    state: HoldState
    resolved_at: datetime | None = None
    resolved_by: UUID | None = None


class KindBalanceView(msgspec.Struct):
    """What the accounts of one kind add up to: seconds, and how many accounts, of which so many are closed."""

    kind: str
    accounts: int
    closed: int
    balance: int
    held: int


class TrialBalanceView(msgspec.Struct):
    """Every balance at one moment, by kind: `total` is zero. It was taken when the log held `tree_size` leaves."""

    tree_size: int
    recorded_at: datetime
    accounts: int
    total: int
    held: int
    kinds: list[KindBalanceView]


class TransfersView(msgspec.Struct, omit_defaults=True):
    """A page of the journal: transfers without their receipts and disclosures."""

    transfers: list[TransferView]
    next: str | None = None


class CommunityView(msgspec.Struct):
    """A community and its trial balance: `total` of all balances in seconds, always zero."""

    slug: str
    name: str
    origin: str
    tree_size: int
    accounts: int
    total: int
    credits: int


class ProofView(msgspec.Struct):
    """A receipt with everything that proves it: audit path and checkpoint, hashes in base64."""

    receipt: str
    disclosures: list[str]
    index: int
    path: list[str]
    checkpoint: str


class ConsistencyView(msgspec.Struct):
    """Hashes, in base64, from the tree of `old` leaves to that of `new` (RFC 6962 section 2.1.2)."""

    old: int
    new: int
    proof: list[str]


class DoneView(msgspec.Struct):
    """The act was done, now or when it was asked for the first time."""

    outcome: Literal["done"] = "done"


class HealthView(msgspec.Struct, omit_defaults=True):
    """`read_only` are the communities whose logs must not grow; the operator's log says why."""

    status: str
    read_only: list[str] = []


def transfer_view(
    slug: str,
    transfer: Transfer,
    key: SigningKey | None,
    sees: Callable[[UUID], bool] | None = None,
    *,
    notes: bool = True,
    disclosed: bool = True,
) -> TransferView:
    """The transfer as its community may see it, with its receipt if there is a key to sign it with.

    `sees` says of which accounts the reader may see the entry; None means of all. `notes` whether the private note,
    `disclosed` whether what opens the receipt. Signing is deterministic: the same receipt comes out whenever it is
    asked for.
    """
    return TransferView(
        id=transfer.id,
        community=slug,
        kind=transfer.kind,
        recorded_at=transfer.recorded_at,
        leaf_index=transfer.leaf_index,
        entries=[
            EntryView(
                entry.seconds,
                entry.account_id,
                entry.balance_after,
                entry.entry_number,
                entry.disclosure if disclosed else None,
            )
            if sees is None or sees(entry.account_id)
            else EntryView(entry.seconds)
            for entry in transfer.entries
        ],
        receipt=None if key is None else sign_receipt(transfer.payload, key),
        service_on=transfer.service_on,
        reverses=transfer.reverses_id,
        hold=transfer.hold_id,
        note=transfer.note if notes else None,
        author=None
        if transfer.authorship is None
        else AuthorView(
            transfer.authorship.via, transfer.authorship.member_id, transfer.authorship.for_member_id
        ),
    )


def account_view(row: asyncpg.Record, name: str | None) -> AccountView:
    """The account, by the name under which the reader may know it."""
    floor = row["floor"]
    return AccountView(
        id=row["account_id"],
        kind=row["kind"],
        code=row["code"],
        opened_at=row["opened_at"],
        balance=row["balance"],
        held=row["held"],
        entry_count=row["entry_count"],
        closed=row["closed"],
        name=name,
        floor=floor,
        ceiling=row["ceiling"],
        available=None if floor is None else row["balance"] - row["held"] - floor,
        peer=row["peer_slug"],
    )


def hold_view(row: asyncpg.Record, now: datetime) -> HoldView:
    state: HoldState = row["outcome"] or ("expired" if row["expires_at"] <= now else "pending")
    return HoldView(
        id=row["hold_id"],
        account=row["account_id"],
        seconds=row["seconds"],
        expires_at=row["expires_at"],
        placed_at=row["placed_at"],
        state=state,
        resolved_at=row["resolved_at"],
        resolved_by=row["resolved_by"],
    )
