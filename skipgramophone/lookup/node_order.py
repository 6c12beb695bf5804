"""Puts the nodes of an Annoy file in an order that does not depend on the timing of the threads that built it.

Each thread builds its own trees with its own random numbers, so the trees do not depend on timing. However, all threads
append their nodes to one list, so timing determines which number a node gets. This module numbers the nodes again: tree
by tree, and within each tree in the order in which its thread appended them (children before parents).

An Annoy file consists of the items, the other nodes of all trees, and a copy of each root. The root of the last tree
must be directly before the copies. If another root is there, Annoy counts it as a further copy, and searches its tree
twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import StorageError, storage_errors
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.new_files import open_without_following

Nodes = npt.NDArray[np.int32]  # (nodes, integers per node); `annoy_index.require_sound_nodes` describes the fields
Flags = npt.NDArray[np.bool_]
CHILDREN = slice(1, 3)  # the fields of a split that contain the numbers of its two children


def order_nodes(path: Path, *, items: int, trees: int, node_bytes: int) -> None:
    """Rewrite the nodes of an Annoy file in an order that depends only on the trees.

    Args:
        path: the Annoy file. It is changed in place, so no other process may have opened it.
        items: number of items in the index.
        trees: number of trees that were built.
        node_bytes: size of a node.

    Raises:
        StorageError: the file cannot be read or written, is a link, or has the wrong size.
    """
    # The file is not mapped into memory, because a full disk would then kill the process.
    with storage_errors(path, "write"), os.fdopen(open_without_following(path, os.O_RDWR), "r+b") as file:
        size = os.fstat(file.fileno()).st_size
        if size % node_bytes or size < (items + 2 * trees) * node_bytes:  # each tree has a root and a copy of it
            raise StorageError(f"cannot write {path}: the index is incomplete, or another program has changed it")
        file.seek(items * node_bytes)
        nodes: Nodes = np.fromfile(file, np.int32).reshape(-1, node_bytes // 4)
        file.seek(items * node_bytes)
        roots, end = [], items
        for tree in sorted(_trees(nodes[:-trees], items), key=_digest):
            tree[:, CHILDREN] += np.where(_are_inner(tree, items), end - items, 0).astype(np.int32)
            file.write(tree.data)
            roots.append(tree[-1])
            end += len(tree)
        file.write(np.stack(roots).data)


def _trees(nodes: Nodes, items: int) -> Iterator[Nodes]:
    """Yield the nodes of each tree, numbered as if the nodes of this tree followed the items."""
    tree = _tree_of_each_node(nodes, items)
    order = np.argsort(tree, kind="stable")
    starts = np.searchsorted(tree[order], np.arange(tree.max(initial=-1) + 2))
    place = np.empty(len(nodes), np.int32)  # the number of each node within its tree
    place[order] = np.arange(len(nodes)) - np.repeat(starts[:-1], np.diff(starts))
    for start, end in pairwise(starts.tolist()):
        own = nodes[order[start:end]]
        inner = _are_inner(own, items)
        own[:, CHILDREN][inner] = items + place[own[:, CHILDREN][inner] - items]
        yield own


def _tree_of_each_node(nodes: Nodes, items: int) -> Rows:
    """Return the number of the tree to which each node belongs, int64 (nodes,)."""
    tree = np.zeros(len(nodes), np.int64)
    level: Rows = np.flatnonzero(nodes[:, 0] == items)  # the roots: only they have all items below them
    tree[level] = np.arange(len(level))
    while len(level):
        own = nodes[level]
        inner = _are_inner(own, items)
        children: Rows = own[:, CHILDREN][inner].astype(np.int64) - items
        tree[children] = np.repeat(tree[level], 2).reshape(-1, 2)[inner]
        level = children
    return tree


def _are_inner(nodes: Nodes, items: int) -> Flags:
    """Return which of the two children of each node are nodes and not items, bool (nodes, 2)."""
    splits: Flags = nodes[:, :1] > nodes.shape[1] - 1  # a node with fewer items lists them and has no children
    return splits & (nodes[:, CHILDREN] >= items)


def _digest(tree: Nodes) -> bytes:
    """Return the SHA-256 digest of a tree; the trees are sorted by their digests."""
    return sha256(tree.data).digest()
