"""The nodes of an index are in an order that depends only on its trees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from annoy import AnnoyIndex

from skipgramophone.errors import StorageError
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.lookup.index_builder import THREADS, build_index
from skipgramophone.lookup.node_order import Nodes, order_nodes
from skipgramophone.settings import IndexSettings

DIM, SEED = 6, 11
NODE_BYTES = 12 + 4 * DIM
LISTED = DIM + 2  # a node with at most this many items below it lists them


def unit_vectors(rows: int, seed: int) -> Matrix:
    vectors: Matrix = np.random.default_rng(seed).standard_normal((rows, DIM)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def build_with_one_thread(path: Path, vectors: Matrix, trees: int, seed: int) -> None:
    index = AnnoyIndex(DIM, "angular")
    index.set_seed(seed)
    for row, vector in enumerate(vectors):
        index.add_item(row, vector)
    index.build(trees, n_jobs=1)
    index.save(str(path))


def nodes_of(path: Path) -> Nodes:
    return np.fromfile(path, np.int32).reshape(-1, NODE_BYTES // 4)


def nested(nodes: Nodes, number: int, items: int) -> object:
    """Return a node and everything below it without the numbers of nodes."""
    below = int(nodes[number, 0])
    if number < items:
        return number
    if below <= LISTED:
        return tuple(nodes[number, 1 : 1 + below].tolist())
    return nodes[number, 3:].tobytes(), *(nested(nodes, int(child), items) for child in nodes[number, 1:3])


def trees_of(path: Path, items: int, trees: int) -> list[str]:
    nodes = nodes_of(path)
    return sorted(repr(nested(nodes, len(nodes) - 1 - tree, items)) for tree in range(trees))


@pytest.mark.parametrize(("rows", "trees"), [(3000, 10), (3000, 3), (LISTED + 1, 6), (LISTED, 5), (2, 4), (1, 4)])
def test_the_trees_are_those_that_each_thread_builds_alone(tmp_path: Path, rows: int, trees: int) -> None:
    build_index(tmp_path / "index", unit_vectors(rows, 3), IndexSettings(trees=trees, random_seed=SEED))
    vectors = nodes_of(tmp_path / "index")[:rows, 3:].view(np.float32)  # build_index scales vectors, which rounds them
    expected = []
    for thread in range(THREADS):
        own = (trees + thread) // THREADS  # Annoy divides the trees so
        if own:
            build_with_one_thread(tmp_path / "own", vectors, own, SEED + thread)
            expected += trees_of(tmp_path / "own", rows, own)
    assert trees_of(tmp_path / "index", rows, trees) == sorted(expected)
    index = AnnoyIndex(DIM, "angular")
    index.load(str(tmp_path / "index"))
    assert index.get_n_items() == rows
    if rows > LISTED:  # if the root lists all items, Annoy cannot tell the roots from their copies
        assert index.get_n_trees() == trees


def test_any_order_in_which_threads_append_gives_the_same_file(tmp_path: Path) -> None:
    rows, trees = 2000, 7
    build_with_one_thread(tmp_path / "built", unit_vectors(rows, 5), trees, SEED)
    built = nodes_of(tmp_path / "built")
    ends = np.flatnonzero(built[:-trees, 0] == rows) + 1  # each tree ends with its root
    tree = np.repeat(np.arange(trees), np.diff(ends, prepend=rows))
    files = set()
    for seed in range(5):
        rng = np.random.default_rng(seed)
        # The nodes of each tree keep their order, and are mixed at random with those of the other trees.
        new = np.empty(len(tree), np.int64)
        new[np.argsort(tree, kind="stable")] = np.argsort(rng.permutation(tree), kind="stable")
        mixed = np.empty_like(built[rows:-trees])
        for old, node in enumerate(built[rows:-trees].copy()):
            if node[0] > LISTED:
                node[1:3] = [child if child < rows else rows + new[child - rows] for child in node[1:3]]
            mixed[new[old]] = node
        roots = rows + new[rng.permutation(ends) - 1 - rows]
        whole = np.concatenate([built[:rows], mixed])
        path = tmp_path / str(seed)
        np.concatenate([whole, whole[roots]]).tofile(path)
        assert trees_of(path, rows, trees) == trees_of(tmp_path / "built", rows, trees)
        order_nodes(path, items=rows, trees=trees, node_bytes=NODE_BYTES)
        files.add(path.read_bytes())
        assert trees_of(path, rows, trees) == trees_of(tmp_path / "built", rows, trees)
    assert len(files) == 1


def test_repeated_builds_give_the_same_file(tmp_path: Path) -> None:
    vectors = unit_vectors(20_000, 7)
    for number in range(3):
        build_index(tmp_path / str(number), vectors, IndexSettings(trees=8))
    first, *others = ((tmp_path / str(number)).read_bytes() for number in range(3))
    assert all(other == first for other in others)


def test_a_link_or_a_file_of_another_size_is_not_changed(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    build_with_one_thread(target, unit_vectors(50, 9), 3, SEED)
    link.symlink_to(target)
    content = target.read_bytes()
    with pytest.raises(StorageError, match="cannot write"):
        order_nodes(link, items=50, trees=3, node_bytes=NODE_BYTES)
    assert target.read_bytes() == content
    for wrong in (b"", content[:-1], content[: 55 * NODE_BYTES]):
        target.write_bytes(wrong)
        with pytest.raises(StorageError, match="the index is incomplete, or another program has changed it"):
            order_nodes(target, items=50, trees=3, node_bytes=NODE_BYTES)
        assert target.read_bytes() == wrong
