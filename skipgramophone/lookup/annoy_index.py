"""The Annoy index: its parameters, and the candidates that it proposes.

An Annoy file does not record its dimension or metric, and the library crashes if it opens the file with the wrong
dimension or metric. The manifest therefore records the parameters of an index (`IndexFacts`), and they are checked
before the index is opened. Annoy only proposes candidates. The similarities of the candidates are computed from the
vectors, so users see exact similarities.

The index of a very large catalogue is split into several files (shards) of consecutive rows. They are built one after
the other, and each look-up queries all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from skipgramophone.crash_guard import cause_of_death
from skipgramophone.errors import ExperimentError, storage_errors
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.embeddings import Matrix, is_learnt, unit_rows
from skipgramophone.lookup.exact_search import Neighbours, highest
from skipgramophone.lookup.results import AnsweredBy
from skipgramophone.settings import MOST_TREES
from skipgramophone.utf8 import utf8_path

FILE = "tracks.annoy"  # the first file of an index; further shards are called tracks.annoy.1, tracks.annoy.2, ...
METRIC: Literal["angular"] = "angular"
NODE_BYTES = 12  # size in bytes of an Annoy node without its vector
ADDED_FACTS = {"shards", "answered_by"}  # fields that are missing in manifests of earlier versions of sgp
RECALL_AT = 10
BLOCK_ROWS = 8192
CURE = (
    "if Annoy was compiled for another processor, run "
    "pip install --force-reinstall --no-cache-dir --no-binary annoy annoy"
)


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """The parameters of an index and its measured recall. `sgp` checks the parameters before it opens an index file."""

    dimension: int
    items: int
    metric: str
    trees: int
    search_k: int
    random_seed: int
    recall_at_10: float  # measured against exact search
    bytes: int  # total size of all shards
    shards: int = 1  # number of files, with about equally many rows; `trees` and `search_k` are per file
    answered_by: AnsweredBy = "index"  # "index", or "exact search" if the index is not faster at the requested recall

    @property
    def node_bytes(self) -> int:
        """Size of a node of a tree, in bytes."""
        return NODE_BYTES + 4 * self.dimension

    def files(self, path: Path) -> list[tuple[Path, int, IndexFacts]]:
        """Return the path, the first row and the parameters of each shard of an index whose first file is `path`."""
        edges = [self.items * shard // self.shards for shard in range(self.shards + 1)]
        paths = [path, *(path.with_name(f"{path.name}.{shard}") for shard in range(1, self.shards))]
        return [
            (one, first, replace(self, items=end - first, shards=1))
            for one, first, end in zip(paths, edges[:-1], edges[1:], strict=True)
        ]


class AnnoyCandidates:
    """An open index, which proposes candidates: rows that are probably near a vector."""

    def __init__(self, path: Path, facts: IndexFacts) -> None:
        """Open an index.

        Raises:
            ExperimentError: the size of a file shows that it is not an index of vectors of this dimension.
            StorageError: a file cannot be read.
        """
        self._shards = [(first, own, _opened(one, own)) for one, first, own in facts.files(path)]
        self._files = {one: _status(one) for one, _, _ in facts.files(path)}

    def __len__(self) -> int:
        return sum(int(index.get_n_items()) for _, _, index in self._shards)

    def is_cut_off(self) -> bool:
        """Whether another program has truncated a file of the index. Reading such a file could kill the process."""
        now = [(_status(path), status) for path, status in self._files.items()]
        # If the file was replaced, and not truncated, it has another inode.
        return any(new[:2] == old[:2] and new[2] < old[2] for new, old in now)

    def near(self, vector: Matrix, number: int) -> Rows:
        """Return the rows near a vector (embedding_dim,), int64. Each shard proposes up to `number` rows."""
        asked = vector.tolist()
        found = []
        for first, facts, index in self._shards:
            search_k = min(max(facts.search_k, facts.trees * number), facts.trees * facts.items)
            rows = np.array(index.get_nns_by_vector(asked, min(number, facts.items), search_k=search_k), np.int64)
            # From a damaged file, Annoy may return any row number. Only existing rows are kept.
            found.append(first + rows[(rows >= 0) & (rows < facts.items)])
        return np.concatenate(found)


def _status(path: Path) -> tuple[int, int, int]:
    """Return device, inode and size of a file; zeros if it does not exist."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0, 0
    return status.st_dev, status.st_ino, status.st_size


def _opened(path: Path, facts: IndexFacts) -> Any:
    """Open one file of an index."""
    index = empty_annoy(facts.dimension)
    with storage_errors(path, "read"):
        # Annoy would check this too, but it would also print an error on stderr.
        if not _is_whole(path, facts):
            raise ExperimentError(
                f"{path} is damaged: its size does not fit vectors of dimension {facts.dimension}; "
                "rebuild it with sgp index"
            )
        with utf8_path(path) as place:
            index.load(place)
    return index


def death_of_annoy(path: Path, facts: IndexFacts, vector: Matrix) -> str | None:
    """Query the index in a child process; return the signal that killed the process, or None if Annoy answered.

    This finds damage that the checks before opening do not find. It also detects an Annoy library that was compiled for
    another processor, because such a library crashes on every index.
    """
    return cause_of_death(lambda: AnnoyCandidates(path, facts).near(vector, RECALL_AT))


def require_sound_nodes(path: Path, facts: IndexFacts) -> None:
    """Verify that every node points only to earlier nodes. Otherwise, Annoy might read beyond the file and crash.

    A node starts with an int32, the number of items below it. The rest of the node depends on this number. If the
    number is 1, the rest is the length and the vector of the item. If the number is from 2 to the dimension + 2, so
    that the row numbers of all items below the node fit into it, the rest is these row numbers. If the number is
    larger, the rest is the numbers of two child nodes and the vector of the splitting plane. The whole file is read,
    which is too slow to do at every look-up.

    Raises:
        ExperimentError: a node does not point to an earlier node.
        StorageError: the file cannot be read.
    """
    for one, _, own in facts.files(path):
        _require_sound_file(one, own)


def _require_sound_file(path: Path, facts: IndexFacts) -> None:
    """Verify that every node of one file points only to earlier nodes."""
    numbers = facts.node_bytes // 4
    with storage_errors(path, "read"):
        data = np.memmap(path, np.uint8, "r") if path.stat().st_size else np.empty(0, np.uint8)
    whole = len(data) // (4 * numbers) * (4 * numbers) == len(data)
    nodes = data.view(np.int32).reshape(-1, numbers) if whole else np.empty((0, numbers), np.int32)
    for start in range(0, len(nodes), BLOCK_ROWS):
        block = np.asarray(nodes[start : start + BLOCK_ROWS])
        below, number = block[:, 0], np.arange(start, start + len(block))
        splits, items = below > numbers - 1, number < facts.items
        listed = (np.arange(1, numbers) <= below[:, None]) & ~(splits | items)[:, None]
        leads = [
            items & (below != 1),
            below < 1,
            (listed & ((block[:, 1:] < 0) | (block[:, 1:] >= facts.items))).any(axis=1),
            splits & ~items & ((block[:, 1:3] < 0) | (block[:, 1:3] >= number[:, None])).any(axis=1),
        ]
        if np.any(leads):
            raise ExperimentError(
                f"{path} is damaged: node {number[np.any(leads, axis=0)][0]:,} points outside the file; "
                "rebuild it with sgp index"
            )
    if len(nodes) <= facts.items or nodes[-1, 0] != facts.items:
        raise ExperimentError(f"{path} is damaged: not an index of {facts.items:,} tracks; rebuild it with sgp index")


def _is_whole(path: Path, facts: IndexFacts) -> bool:
    """Return whether the size of a file is a positive multiple of the node size."""
    size = path.stat().st_size
    return size > 0 and size % facts.node_bytes == 0


def usable(facts: dict[str, Any], centre: Matrix) -> IndexFacts | None:
    """Return the parameters in a manifest if they fit the vectors; None means that the index must not be opened."""
    if set(facts) | ADDED_FACTS != set(IndexFacts.__slots__):
        return None
    checked = IndexFacts(**facts)
    whole = (checked.dimension, checked.items, checked.trees, checked.search_k, checked.shards)
    fits = (
        all(type(number) is int for number in whole)
        and type(checked.recall_at_10) is float
        and (checked.items, checked.dimension) == centre.shape
        and checked.metric == METRIC
        and checked.answered_by in get_args(AnsweredBy)
        and 1 <= checked.trees <= MOST_TREES
        and 1 <= checked.shards <= max(1, checked.items)
        and 1 <= checked.search_k <= 2 * checked.trees * max(checked.items, RECALL_AT)
    )
    return checked if fits else None


def nearest_by_index(
    candidates: AnnoyCandidates, centre: Matrix, vector: Matrix, *, number: int, without: Rows
) -> Neighbours | None:
    """Rank the candidates of the index by exact similarity; return None if there are fewer than `number`."""
    rows = np.setdiff1d(candidates.near(vector, 2 * number + len(without) + RECALL_AT), without)
    vectors = np.asarray(centre[rows])
    learnt = is_learnt(vectors)
    rows, vectors = rows[learnt], vectors[learnt]
    if len(rows) < number:
        return None
    return highest(rows, unit_rows(vectors) @ vector, number)


def empty_annoy(dimension: int) -> Any:
    """Create an empty Annoy index."""
    from annoy import AnnoyIndex

    return AnnoyIndex(dimension, METRIC)
