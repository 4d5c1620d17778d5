"""The tree over the leaves of one community's log: RFC 6962 hashing, C2SP tlog-tiles geometry.

A tree of any size is a row of perfect subtrees, biggest first, one for each bit set in its size. Their hashes
are the compact range: enough to append and to give the root. Of all inner nodes only those of level 8, 16,
24... are stored, beside the leaf hashes (level 0): the hashes that tiles of height 8 consist of.

Proofs are made without IO in three steps: which leaf ranges a proof hashes (`inclusion_ranges`,
`consistency_ranges`), which stored hashes these need (`stored_runs`), and their assembly (`hash_of_range`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of a leaf's octets. The prefix keeps a leaf from passing for an inner node (RFC 6962 section 2.1)."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


class Node(NamedTuple):
    """A perfect subtree of 2**level leaves, the first of which is leaf index * 2**level."""

    level: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody calls on a node
    hash: bytes


@dataclass(frozen=True, slots=True)
class CompactRange:
    """The hashes of a tree's perfect subtrees, left to right, biggest first; one for each bit set in `size`."""

    size: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError(f"{len(self.hashes)} hashes do not make a tree of {self.size} leaves")

    @classmethod
    def decode(cls, size: int, data: bytes) -> "CompactRange":
        """The inverse of `encode`. Raises ValueError when the length does not fit the size."""
        if len(data) % HASH_BYTES:
            raise ValueError(f"{len(data)} bytes are not whole hashes")
        return cls(size, tuple([data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]))

    def encode(self) -> bytes:
        return b"".join(self.hashes)

    def root(self) -> bytes:
        return _join(self.hashes)

    def append(self, leaf_hashes: Sequence[bytes]) -> tuple["CompactRange", list[Node]]:
        """The range with these leaves added, and each node of level 8, 16, 24... that became complete.

        Works level by level rather than leaf by leaf: one hash for each leaf, all in list comprehensions.
        """
        older = list(self.hashes)
        newer: list[bytes] = []
        completed: list[Node] = []
        row, first, level = list(leaf_hashes), self.size, 0
        while row:
            if level and level % TILE_HEIGHT == 0:
                completed += [Node(level, first + at, hash_) for at, hash_ in enumerate(row)]
            if first & 1:
                # The row begins with a right child. Its left sibling is the smallest subtree we had.
                row.insert(0, older.pop())
            if len(row) & 1:
                newer.append(row.pop())
            row = [
                sha256(b"\x01" + left + right).digest()
                for left, right in zip(row[::2], row[1::2], strict=True)
            ]
            first, level = first >> 1, level + 1
        return CompactRange(self.size + len(leaf_hashes), (*older, *reversed(newer))), completed


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The half-open leaf ranges whose hashes are the audit path of a leaf, its sibling first (RFC 6962, 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    ranges = []
    low, high = 0, size
    while high - low > 1:
        split = _split(low, high)
        if index < split:
            ranges.append((split, high))
            high = split
        else:
            ranges.append((low, split))
            low = split
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """The leaf ranges whose hashes prove that a tree of `new` leaves begins with one of `old` (RFC 6962, 2.1.2)."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} does not follow one of {old}")
    if old in (0, new):
        return []
    ranges = []
    low, high = 0, new
    while high != old:
        split = _split(low, high)
        if old <= split:
            ranges.append((split, high))
            high = split
        else:
            ranges.append((low, split))
            low = split
    if low:
        # The verifier knows the old root, but not this last subtree of the old tree.
        ranges.append((low, high))
    return ranges[::-1]


def root_ranges(size: int) -> list[tuple[int, int]]:
    """The one range whose hash is the root of a tree of `size` leaves."""
    return [(0, size)]


def stored_runs(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """The stored hashes that `hash_of_range` needs for these ranges: (level, first index, count), merged."""
    runs: list[tuple[int, int, int]] = []
    for level, first, count in sorted({run for low, high in ranges for run in _subtrees(low, high)}):
        if runs and runs[-1][0] == level and first <= runs[-1][1] + runs[-1][2]:
            _, earlier, length = runs[-1]
            runs[-1] = (level, earlier, max(length, first + count - earlier))
        else:
            runs.append((level, first, count))
    return runs


def hash_of_range(low: int, high: int, stored: Mapping[tuple[int, int], bytes]) -> bytes:
    """RFC 6962 hash of the leaves [low, high), from stored hashes by (level, index).

    Raises KeyError when a hash that `stored_runs` names is missing, ValueError for a range no proof contains.
    """
    hashes = []
    for level, first, count in _subtrees(low, high):
        row = [stored[level, index] for index in range(first, first + count)]
        while len(row) > 1:
            row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
        hashes += row
    return _join(hashes)


def _split(low: int, high: int) -> int:
    """Where RFC 6962 divides a range: after the largest power of two that is smaller than its length."""
    return low + (1 << ((high - low - 1).bit_length() - 1))


def _join(hashes: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees, biggest first."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in hashes[-2::-1]:
        root = node_hash(left, root)
    return root


def _subtrees(low: int, high: int) -> Iterator[tuple[int, int, int]]:
    """Each perfect subtree of a range, biggest first, as the run of stored hashes under its top.

    A subtree of level 8k+r has 2**r (at most 128) stored hashes of level 8k, all in one tile.
    """
    if not 0 <= low <= high or (low < high and low % (1 << ((high - low).bit_length() - 1))):
        raise ValueError(f"[{low}, {high}) is not a node of any tree")
    while low < high:
        level = (high - low).bit_length() - 1
        stored_level = level - level % TILE_HEIGHT
        yield stored_level, low >> stored_level, 1 << (level - stored_level)
        low += 1 << level


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the audit path leads from the leaf to the root (RFC 9162 section 2.1.3.2). Never raises."""
    if not (_are_sizes(index, size) and index < size and _are_hashes(leaf_hash, root) and _is_proof(proof)):
        return False
    node, last = index, size - 1
    found = leaf_hash
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the proof shows the new tree to begin with the old one (RFC 9162 section 2.1.4.2). Never raises.

    Every tree begins with the empty one and with itself; both have an empty proof.
    """
    if not (_are_sizes(old_size, new_size) and _are_hashes(old_root, new_root) and _is_proof(proof)):
        return False
    if old_size == new_size:
        return old_root == new_root and not proof
    if old_size == 0:
        return old_root == EMPTY_ROOT and not proof
    if old_size > new_size or not proof:
        return False
    # A power of two is one perfect subtree: its hash is the old root, which the proof leaves out.
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old_found = new_found = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old_found, new_found = node_hash(sibling, old_found), node_hash(sibling, new_found)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new_found = node_hash(new_found, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old_found == old_root and new_found == new_root


def _are_sizes(*values: object) -> bool:
    return all(type(value) is int and value >= 0 for value in values)


def _are_hashes(*values: object) -> bool:
    return all(isinstance(value, bytes) and len(value) == HASH_BYTES for value in values)


def _is_proof(proof: object) -> bool:
    return isinstance(proof, list | tuple) and _are_hashes(*proof)


_TILE_PATH = re.compile(
    r"(?P<level>[0-9]{1,2})/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[0-9]{1,3}))?", re.ASCII
)


def tile_path(text: str) -> tuple[int, int, int] | None:
    """(level, index, width) of a C2SP tlog-tiles path such as `0/x001/234.p/17`, or None.

    `level` counts tiles: tile level 1 holds nodes of level 8. A full tile is 256 wide and has no `.p` part.
    """
    match = _TILE_PATH.fullmatch(text)
    if match is None:
        return None
    index = int(match["index"].replace("/", "").replace("x", ""))
    level, width = int(match["level"]), int(match["width"] or TILE_WIDTH)
    if level > 63 or not 0 < width <= TILE_WIDTH:
        return None
    # One tile, one address: leading zeroes, an `x000/` in front or `.p/256` would be a second one.
    return (level, index, width) if render_tile_path(level, index, width) == text else None


def render_tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """The path of a tile, the inverse of `tile_path`."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03}")
    return f"{level}/{'/'.join(reversed(groups))}" + (f".p/{width}" if width < TILE_WIDTH else "")
