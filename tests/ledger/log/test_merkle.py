"""The tree against its published vectors, a naive reading of RFC 6962, and a library written by others."""

from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.merkle import (
    EMPTY_ROOT,
    CompactRange,
    Node,
    consistency_ranges,
    hash_of_range,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    render_tile_path,
    root_ranges,
    stored_runs,
    tile_path,
    verify_consistency,
    verify_inclusion,
)

# The eight leaves that Certificate Transparency's implementations share, and the roots of their trees.
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CT_INCLUSION = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
CT_CONSISTENCY = {
    (2, 8): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}

HASHES = [leaf_hash(b"leaf %d" % number) for number in range(2100)]

# RFC 6962 section 2.1, as it stands there.


def reference_root(hashes):
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = reference_split(len(hashes))
    return sha256(b"\x01" + reference_root(hashes[:split]) + reference_root(hashes[split:])).digest()


def reference_split(size):
    split = 1
    while split * 2 < size:
        split *= 2
    return split


def reference_path(index, hashes):
    if len(hashes) == 1:
        return []
    split = reference_split(len(hashes))
    if index < split:
        return [*reference_path(index, hashes[:split]), reference_root(hashes[split:])]
    return [*reference_path(index - split, hashes[split:]), reference_root(hashes[:split])]


def reference_subproof(old, hashes, complete):
    if old == len(hashes):
        return [] if complete else [reference_root(hashes)]
    split = reference_split(len(hashes))
    if old <= split:
        return [*reference_subproof(old, hashes[:split], complete), reference_root(hashes[split:])]
    return [*reference_subproof(old - split, hashes[split:], False), reference_root(hashes[:split])]


def store(hashes):
    """What the database keeps of a tree: the leaf hashes, and the nodes `append` hands out."""
    _, completed = CompactRange(0, ()).append(hashes)
    return {(0, index): hash_ for index, hash_ in enumerate(hashes)} | {
        (node.level, node.index): node.hash for node in completed
    }


STORED = store(HASHES)


def only(stored, ranges):
    """The part of a store that stored_runs asks for, so that reading anything else fails."""
    return {
        (level, index): stored[level, index]
        for level, first, count in stored_runs(ranges)
        for index in range(first, first + count)
    }


def prove(stored, ranges):
    read = only(stored, ranges)
    return [hash_of_range(low, high, read) for low, high in ranges]


sizes = st.one_of(
    st.integers(1, 20), st.integers(1, 2050), st.sampled_from([255, 256, 257, 511, 512, 768, 2048])
)


@st.composite
def two_sizes(draw):
    new = draw(sizes)
    return draw(st.integers(0, new)), new


def test_the_published_roots_are_found_for_every_size():
    hashes = [leaf_hash(leaf) for leaf in CT_LEAVES]
    for size, root in enumerate(CT_ROOTS):
        tree, _ = CompactRange(0, ()).append(hashes[:size])
        assert tree.root().hex() == root


@pytest.mark.parametrize(("index", "size"), CT_INCLUSION)
def test_the_published_audit_paths_are_found(index, size):
    stored = store([leaf_hash(leaf) for leaf in CT_LEAVES])
    path = prove(stored, inclusion_ranges(index, size))
    assert [hash_.hex() for hash_ in path] == CT_INCLUSION[index, size]
    assert verify_inclusion(leaf_hash(CT_LEAVES[index]), index, size, path, bytes.fromhex(CT_ROOTS[size]))


@pytest.mark.parametrize(("old", "new"), CT_CONSISTENCY)
def test_the_published_consistency_proofs_are_found(old, new):
    stored = store([leaf_hash(leaf) for leaf in CT_LEAVES])
    proof = prove(stored, consistency_ranges(old, new))
    assert [hash_.hex() for hash_ in proof] == CT_CONSISTENCY[old, new]
    assert verify_consistency(old, bytes.fromhex(CT_ROOTS[old]), new, bytes.fromhex(CT_ROOTS[new]), proof)


@given(batches=st.lists(st.integers(0, 400), max_size=8))
def test_appending_in_any_batches_gives_the_same_tree_and_the_same_nodes(batches):
    tree, nodes, at = CompactRange(0, ()), [], 0
    for batch in batches:
        batch = min(batch, len(HASHES) - at)
        tree, completed = tree.append(HASHES[at : at + batch])
        nodes += completed
        at += batch
    at_once, all_nodes = CompactRange(0, ()).append(HASHES[:at])
    assert tree == at_once
    assert sorted(nodes) == sorted(all_nodes)
    assert tree.root() == reference_root(HASHES[:at])
    assert CompactRange.decode(tree.size, tree.encode()) == tree


def test_each_completed_node_is_the_root_of_its_leaves():
    _, nodes = CompactRange(0, ()).append(HASHES)
    assert [(node.level, node.index) for node in nodes] == [(8, index) for index in range(len(HASHES) // 256)]
    assert all(node.hash == reference_root(HASHES[node.index * 256 :][:256]) for node in nodes)


def test_a_node_of_level_16_is_handed_out_when_its_last_leaf_comes():
    part = reference_root(HASHES[:256])
    hashes = [reference_root([part] * 2 ** (level - 8)) for level in range(15, 7, -1)]
    nearly = CompactRange(65_536 - 256, tuple(hashes))
    tree, nodes = nearly.append(HASHES[:256])
    assert nodes == [Node(8, 255, part), Node(16, 0, reference_root([part] * 256))]
    assert tree == CompactRange(65_536, (nodes[1].hash,))


@given(sizes, st.data())
def test_an_audit_path_is_that_of_the_rfc_and_verifies(size, data):
    index = data.draw(st.integers(0, size - 1))
    path = prove(STORED, inclusion_ranges(index, size))
    assert path == reference_path(index, HASHES[:size])
    root = hash_of_range(0, size, only(STORED, root_ranges(size)))
    assert root == reference_root(HASHES[:size])
    assert verify_inclusion(HASHES[index], index, size, path, root)


@given(two_sizes())
def test_a_consistency_proof_is_that_of_the_rfc_and_verifies(both):
    old, new = both
    proof = prove(STORED, consistency_ranges(old, new))
    assert proof == (reference_subproof(old, HASHES[:new], True) if old else [])
    old_root, new_root = reference_root(HASHES[:old]), reference_root(HASHES[:new])
    assert verify_consistency(old, old_root, new, new_root, proof)
    # Every tree begins with the empty one, so there alone the new root is not looked at.
    assert verify_consistency(old, old_root, new, leaf_hash(b"another"), proof) == (old == 0 < new)


@given(sizes, st.data())
def test_an_altered_audit_path_does_not_verify(size, data):
    index = data.draw(st.integers(0, size - 1))
    path, root = reference_path(index, HASHES[:size]), reference_root(HASHES[:size])
    stranger = leaf_hash(b"another")
    assert not verify_inclusion(stranger, index, size, path, root)
    assert not verify_inclusion(HASHES[index], index, size, [*path, stranger], root)
    assert not verify_inclusion(HASHES[index], size, size, path, root)
    other = data.draw(st.integers(0, size - 1))
    assert verify_inclusion(HASHES[index], other, size, path, root) == (other == index)
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        assert not verify_inclusion(HASHES[index], index, size, path[:at] + path[at + 1 :], root)
        assert not verify_inclusion(HASHES[index], index, size, [*path[:at], stranger, *path[at + 1 :]], root)


@given(two_sizes(), st.data())
def test_an_altered_consistency_proof_does_not_verify(both, data):
    old, new = both
    proof = prove(STORED, consistency_ranges(old, new))
    old_root, new_root = reference_root(HASHES[:old]), reference_root(HASHES[:new])
    stranger = leaf_hash(b"another")
    assert not verify_consistency(old, old_root, new, new_root, [*proof, stranger])
    assert not verify_consistency(old, stranger, new, new_root, proof)
    assert not verify_consistency(new + 1, new_root, new, new_root, proof)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not verify_consistency(old, old_root, new, new_root, proof[:at] + proof[at + 1 :])
        assert not verify_consistency(old, old_root, new, new_root, [*proof[:at], stranger, *proof[at + 1 :]])


class SyntheticTree(dict):
    """The store of a huge tree all of whose leaves are alike: every node of a level has the same hash."""

    def __init__(self):
        self.levels = [leaf_hash(b"the same")]
        for _ in range(64):
            self.levels.append(node_hash(self.levels[-1], self.levels[-1]))
        self.reads = set()

    def __missing__(self, key):
        level, _ = key
        assert level % 8 == 0
        self.reads.add(key)
        return self.levels[level]

    def hash_of(self, length):
        peaks = [self.levels[bit] for bit in range(64) if length >> bit & 1]
        found = peaks[0]
        for peak in peaks[1:]:
            found = node_hash(peak, found)
        return found


huge_sizes = st.one_of(
    st.integers(65_537, 2**40),
    st.builds(lambda power, by: 2**power + by, st.integers(17, 40), st.integers(-1, 1)),
)


@given(huge_sizes, st.data())
def test_proofs_of_huge_trees_verify_and_read_only_what_they_announce(size, data):
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    tree = SyntheticTree()
    root = tree.hash_of(size)
    ranges = inclusion_ranges(index, size) + consistency_ranges(old, size) + root_ranges(size)
    runs = stored_runs(ranges)
    hashes = [hash_of_range(low, high, tree) for low, high in ranges]
    assert hashes == [tree.hash_of(high - low) for low, high in ranges]
    assert tree.reads == {(level, at) for level, first, count in runs for at in range(first, first + count)}
    split = len(inclusion_ranges(index, size))
    assert verify_inclusion(tree.levels[0], index, size, hashes[:split], root)
    assert verify_consistency(old, tree.hash_of(old), size, root, hashes[split:-1])


@given(huge_sizes, st.data())
def test_runs_are_merged_and_touch_few_tiles(size, data):
    index = data.draw(st.integers(0, size - 1))
    runs = stored_runs(inclusion_ranges(index, size) * 2)
    for (level, first, count), (next_level, next_first, _) in pairwise(runs):
        assert level < next_level or first + count < next_first
    # Two tiles a level at most: the leaf's own, and the ragged right edge's.
    tiles = {(level, at // 256) for level, first, count in runs for at in (first, first + count - 1)}
    assert len(tiles) <= 2 * 6


def test_a_missing_stored_hash_is_an_error_and_not_a_wrong_proof():
    with pytest.raises(KeyError):
        hash_of_range(0, 512, {(8, 0): HASHES[0]})


@pytest.mark.parametrize(("low", "high"), [(1, 3), (3, 5), (5, 4), (-1, 1), (2, 6)])
def test_a_range_that_is_no_node_of_any_tree_is_refused(low, high):
    with pytest.raises(ValueError, match="not a node"):
        hash_of_range(low, high, STORED)


def test_the_empty_tree_has_the_hash_of_nothing():
    assert CompactRange(0, ()).root() == EMPTY_ROOT == hash_of_range(0, 0, {})
    assert stored_runs(root_ranges(0)) == []


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 4), (4, 4)])
def test_a_leaf_outside_the_tree_has_no_path(index, size):
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion_ranges(index, size)


def test_a_tree_does_not_follow_a_larger_one():
    with pytest.raises(ValueError, match="does not follow"):
        consistency_ranges(5, 4)


@pytest.mark.parametrize(("size", "length"), [(0, 32), (1, 0), (1, 31), (1, 64), (3, 32), (-1, 32)])
def test_a_compact_range_of_the_wrong_length_is_refused(size, length):
    with pytest.raises(ValueError, match=r"bytes|hashes"):
        CompactRange.decode(size, bytes(length))


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.binary(max_size=40), st.text(max_size=3), st.floats()
)


@given(ODD, ODD, ODD, st.one_of(ODD, st.lists(ODD, max_size=3)), ODD)
def test_odd_input_never_verifies_and_never_raises(first, second, third, proof, fourth):
    assert not verify_inclusion(first, second, third, proof, fourth)
    if not (isinstance(proof, list) and not proof and first == third):
        assert not verify_consistency(first, second, third, fourth, proof)


def test_a_library_written_by_others_finds_the_same_roots_and_proofs():
    pymerkle = pytest.importorskip("pymerkle", reason="the independent implementation is not installed")
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    leaves = [b"leaf %d" % number for number in range(70)]
    for leaf in leaves:
        tree.append_entry(leaf)
    for size in (1, 2, 3, 7, 8, 33, 64, 70):
        root = reference_root(HASHES[:size])
        assert tree.get_root(size) == root
        for index in range(0, size, 3):
            theirs = tree.prove_inclusion(index + 1, size)
            pymerkle.verify_inclusion(HASHES[index], root, theirs)
            path = [bytes.fromhex(hash_) for hash_ in theirs.serialize()["path"]]
            # Theirs contains the leaf itself and goes from left to right.
            assert sorted(path) == sorted([HASHES[index], *prove(STORED, inclusion_ranges(index, size))])


# path                      level  index    width
TILE_PATHS = """
0/000                        0          0  256
1/000                        1          0  256
63/000                      63          0  256
0/999                        0        999  256
0/x001/000                   0       1000  256
0/x001/234.p/17              0       1234   17
0/x001/x234/067              0    1234067  256
2/000.p/1                    2          0    1
0/000.p/255                  0          0  255
0/x999/x999/x999/999.p/8     0  999999999999    8
"""

REFUSED_TILE_PATHS = [
    "",
    "0",
    "0/",
    "/000",
    "00/000",
    "64/000",
    "-1/000",
    "0/0",
    "0/00",
    "0/0000",
    "0/1000",
    "0/x000/001",
    "0/x001",
    "0/x001/x234",
    "0/001/234",
    "0/X001/234",
    "0/000.p/0",
    "0/000.p/01",
    "0/000.p/256",
    "0/000.p/999",
    "0/000.p/",
    "0/000.p",
    "0/000/",
    "0/000\n",
    " 0/000",
    "0/٠٠٠",
    "0/../000",
    "entries/000",
    "0/" + "x001/" * 7 + "000",
]


@pytest.mark.parametrize("line", TILE_PATHS.split("\n")[1:-1])
def test_a_tile_path_says_level_index_and_width(line):
    text, *numbers = line.split()
    assert tile_path(text) == tuple(map(int, numbers))
    assert render_tile_path(*map(int, numbers)) == text


@pytest.mark.parametrize("text", REFUSED_TILE_PATHS)
def test_any_other_spelling_of_a_tile_path_is_refused(text):
    assert tile_path(text) is None


@given(st.integers(0, 63), st.integers(0, 10**15), st.integers(1, 256))
def test_every_rendered_tile_path_is_read_back(level, index, width):
    assert tile_path(render_tile_path(level, index, width)) == (level, index, width)
