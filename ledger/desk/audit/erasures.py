"""What was erased on purpose: the only thing that may be missing without being a finding."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Erased:
    """The accounts (sixteen bytes) and members (ids as text) that were erased, each with the leaf that says so.

    An erasure excuses what stands before it. What was written later about the same ids had nothing to lose.
    """

    accounts: dict[bytes, int] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)

    def add(self, member_id: str, account_ids: list[bytes], leaf_index: int) -> None:
        self.members[member_id] = max(self.members.get(member_id, -1), leaf_index)
        for account_id in account_ids:
            self.accounts[account_id] = max(self.accounts.get(account_id, -1), leaf_index)

    def account_after(self, leaf_index: int, account_id: bytes) -> bool:
        """Whether the account was erased after this leaf."""
        return self.accounts.get(account_id, -1) > leaf_index

    def member_after(self, leaf_index: int, *member_ids: str | None) -> bool:
        """Whether one of these members was erased after this leaf."""
        return any(self.members.get(each, -1) > leaf_index for each in member_ids if each is not None)


NOBODY = Erased()
