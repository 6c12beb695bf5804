"""Nearest neighbours by cosine of centre vectors: an Annoy index with a contract, and exact search beside it.

An Annoy file does not say its dimension or metric, and the library crashes on a wrong one, so what the index was built
from is checked before the file is opened. Annoy proposes candidates; their similarities are always computed anew from
the vectors, so what is shown never is an approximation. Where the index cannot be used, exact search answers.

An index of very many tracks is several files, each of a run of rows, which are built one after the other and asked all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from skipgramophone.crash_guard import cause_of_death, stderr_to
from skipgramophone.errors import ExperimentError, StorageError, storage_errors
from skipgramophone.experiment.embeddings import Matrix, is_learnt, not_finite, unit_rows
from skipgramophone.settings import MOST_TREES, IndexSettings

FILE = "tracks.annoy"  # of an index of several files the first; the others have a point and their number behind it
ROWS_A_FILE = 1 << 22  # at most, where nothing else is said: 100 numbers each are 3.5 GB of memory while it is built
METRIC: Literal["angular"] = "angular"
NODE_BYTES = 12  # of a node of the file besides its vector
RECALL_AT = 10
RECALL_QUERIES = 500
TIE = 1e-6  # two similarities this near count as equal when recall is measured
BLOCK_ROWS = 8192
TABLE_ROWS = 512  # of which the similarities to all rows are held at once by a thread, at most
TABLE_CELLS = 1 << 26  # similarities that a thread holds at once, if there are so many rows that these are fewer
BLOCKS_AHEAD = 32  # of neighbours, that are found before they are taken
CURE = "if it was compiled for another processor: pip install --force-reinstall --no-cache-dir --no-binary annoy annoy"
ASKED_AT_ONCE = 64  # vectors of which the similarities to all rows are held at once
COMPARED = 32  # rows that a product of many vectors compares in the time in which the index looks at one
WIDER = 130  # per cent: how much wider the next search is while recall is wanting
GROUP = 25  # rows of which the largest similarity is looked at first

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Rows and their similarities to a query, nearest first."""

    rows: Rows  # int64 (found,)
    similarities: npt.NDArray[np.float32]  # float32 (found,)


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """What an index was built from, and how well it answers; the contract that is checked before it is opened."""

    dimension: int
    items: int
    metric: str
    trees: int
    search_k: int
    random_seed: int
    recall_at_10: float  # measured against exact search
    bytes: int  # of all files
    shards: int = 1  # files, of about as many rows each; trees and search_k are those of each

    def files(self, path: Path) -> list[tuple[Path, int, IndexFacts]]:
        """Each file of an index whose first is `path`: where it lies, its first row, and the facts of it alone."""
        edges = [self.items * shard // self.shards for shard in range(self.shards + 1)]
        paths = [path, *(path.with_name(f"{path.name}.{shard}") for shard in range(1, self.shards))]
        return [
            (one, first, replace(self, items=end - first, shards=1))
            for one, first, end in zip(paths, edges[:-1], edges[1:], strict=True)
        ]


class AnnoyCandidates:
    """An open index that proposes rows near a vector."""

    def __init__(self, path: Path, facts: IndexFacts) -> None:
        """Open an index.

        Raises:
            ExperimentError: a file cannot be an index of such vectors.
            StorageError: one cannot be read.
        """
        self._shards = [(first, own, _opened(one, own)) for one, first, own in facts.files(path)]

    def __len__(self) -> int:
        return sum(int(index.get_n_items()) for _, _, index in self._shards)

    def near(self, vector: Matrix, number: int) -> Rows:
        """Rows near a vector (embedding_dim,), about `number` of them from each file, int64."""
        asked = vector.tolist()
        found = []
        for first, facts, index in self._shards:
            search_k = min(max(facts.search_k, facts.trees * number), facts.trees * facts.items)
            rows = np.array(index.get_nns_by_vector(asked, min(number, facts.items), search_k=search_k), np.int64)
            # What a damaged file names may be anything.
            found.append(first + rows[(rows >= 0) & (rows < facts.items)])
        return np.concatenate(found)


def _opened(path: Path, facts: IndexFacts) -> Any:
    """Open a file of an index."""
    index = _annoy(facts.dimension)
    with storage_errors(path, "read"):
        # Annoy complains of it on stderr before it raises an error.
        if not _is_whole(path, facts):
            raise ExperimentError(f"{path} is damaged: it holds no whole number of vectors of {facts.dimension}")
        index.load(str(path))
    return index


def death_of_annoy(path: Path, facts: IndexFacts, vector: Matrix) -> str | None:
    """Which signal kills Annoy when it opens an index and is asked for what is near a vector; None where it lives.

    What is checked before a file is opened does not see all damage, and an Annoy that was compiled for another
    processor dies of any file.
    """
    return cause_of_death(lambda: AnnoyCandidates(path, facts).near(vector, RECALL_AT))


def require_sound_nodes(path: Path, facts: IndexFacts) -> None:
    """Insist that each node of an index leads to nodes before it: Annoy goes where it is led, out of the file too.

    A node is an int32, how many items are below it, and, of an item, its length and vector; of a few, their numbers; of
    more, two nodes and the vector that parts them. All of it is read, which a look-up has no time for.

    Raises:
        ExperimentError: one leads elsewhere.
        StorageError: the file cannot be read.
    """
    for one, _, own in facts.files(path):
        _require_sound_file(one, own)


def _require_sound_file(path: Path, facts: IndexFacts) -> None:
    """Insist that each node of one file leads to nodes before it."""
    numbers = facts.dimension + NODE_BYTES // 4
    with storage_errors(path, "read"):
        data = np.memmap(path, np.int32, "r") if _is_whole(path, facts) else np.empty(0, np.int32)
    nodes = data.reshape(-1, numbers)
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
            raise ExperimentError(f"{path} is damaged: node {number[np.any(leads, axis=0)][0]:,} leads out of it")
    if len(nodes) <= facts.items or nodes[-1, 0] != facts.items:
        raise ExperimentError(f"{path} is damaged: it is no index of {facts.items:,} tracks")


def _is_whole(path: Path, facts: IndexFacts) -> bool:
    """Whether a file holds a whole number of nodes, and any."""
    size = path.stat().st_size
    return size > 0 and size % (NODE_BYTES + 4 * facts.dimension) == 0


def usable(facts: dict[str, Any], centre: Matrix) -> IndexFacts | None:
    """The facts of an index that fits the vectors, or None where it must not be opened."""
    if set(facts) | {"shards"} != set(IndexFacts.__slots__):  # which the first indexes had no word of
        return None
    checked = IndexFacts(**facts)
    whole = (checked.dimension, checked.items, checked.trees, checked.search_k, checked.shards)
    fits = (
        all(type(number) is int for number in whole)
        and type(checked.recall_at_10) is float
        and (checked.items, checked.dimension) == centre.shape
        and checked.metric == METRIC
        and 1 <= checked.trees <= MOST_TREES
        and 1 <= checked.shards <= max(1, checked.items)
        and 1 <= checked.search_k <= 2 * checked.trees * max(checked.items, RECALL_AT)
    )
    return checked if fits else None


def highest(rows: Rows, scores: npt.NDArray[np.float32], number: int) -> Neighbours:
    """The `number` rows with the highest scores, ties in row order."""
    if len(rows) > 4 * number:
        cut = np.partition(scores, len(rows) - number)[len(rows) - number]
        kept = scores >= cut
        rows, scores = rows[kept], scores[kept]
    order = np.lexsort((rows, -scores))[:number]
    return Neighbours(rows[order].astype(np.int64), scores[order].astype(np.float32))


@dataclass(frozen=True)
class ExactSearch:
    """Compares every row with a vector.

    Attributes:
        centre: float32 (tracks, embedding_dim).
        lengths: float32 (tracks,), 0 where a track was not learnt.
    """

    centre: Matrix
    lengths: npt.NDArray[np.float32]

    def cosines(self, vector: Matrix) -> npt.NDArray[np.float32]:
        """Cosine of every row with a unit vector, 0 for rows of zeros, float32 (tracks,)."""
        products = np.asarray(self.centre @ vector)
        return np.divide(products, self.lengths, out=np.zeros_like(products), where=self.lengths > 0)

    def candidates(self, without: Rows) -> Rows:
        """Rows of what was learnt, but for some, int64."""
        kept = self.lengths > 0
        kept[without] = False
        return np.flatnonzero(kept)

    def nearest(self, vector: Matrix, number: int, without: Rows) -> Neighbours:
        """The `number` rows nearest to a unit vector by cosine, ties in row order, `without` and zeros left out."""
        rows = self.candidates(without)
        return highest(rows, self.cosines(vector)[rows], number)

    @cached_property
    def _columns(self) -> Matrix:
        """The rows scaled to length 1 as columns, for products: a copy as large as the vectors."""
        return np.ascontiguousarray(unit_rows(self.centre).T)

    def nearest_to_many(self, vectors: Matrix, number: int, without: Sequence[Rows]) -> list[Neighbours]:
        """What `nearest` finds for each of several unit vectors (queries, embedding_dim), by matrix products."""
        tracks = len(self.centre)
        number = min(number, tracks)
        groups, width = _groups(tracks, number)
        unlearnt = np.flatnonzero(self.lengths == 0)
        step = max(1, min(ASKED_AT_ONCE, TABLE_CELLS // (groups * width)))
        answers: list[Neighbours] = []
        for start in range(0, len(vectors), step):
            block = vectors[start : start + step]
            similarity = np.empty((len(block), groups * width), np.float32)
            np.matmul(block, self._columns, out=similarity[:, :tracks])
            similarity[:, tracks:] = -np.inf
            similarity[:, unlearnt] = -np.inf
            for row, left_out in zip(similarity, without[start : start + step], strict=True):
                row[left_out] = -np.inf
            query, candidate, found = _largest(similarity, groups, number)
            ends = np.searchsorted(query, np.arange(len(block) + 1))
            for first, end in zip(ends[:-1], np.minimum(ends[1:], ends[:-1] + number), strict=True):
                there = np.isfinite(found[first:end])
                answers.append(Neighbours(candidate[first:end][there], found[first:end][there]))
        return answers


def exact_search(centre: Matrix) -> ExactSearch:
    """Prepare the comparing of every row: its length is found once.

    Raises:
        ExperimentError: the vectors hold numbers that are not finite.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.sqrt(np.einsum("ij,ij->i", centre, centre))
    if not np.isfinite(lengths).all():
        raise not_finite()
    return ExactSearch(centre, lengths)


def nearest_by_index(
    candidates: AnnoyCandidates, centre: Matrix, vector: Matrix, number: int, without: Rows
) -> Neighbours | None:
    """Ask the index and rank its candidates exactly; None where it gives too few, though more exist."""
    rows = np.setdiff1d(candidates.near(vector, 2 * number + len(without) + RECALL_AT), without)
    vectors = np.asarray(centre[rows])
    learnt = is_learnt(vectors)
    rows, vectors = rows[learnt], vectors[learnt]
    if len(rows) < number:
        return None
    return highest(rows, unit_rows(vectors) @ vector, number)


def nearest_to_each(centre: Matrix, number: int) -> tuple[Rows, Matrix]:
    """What `nearest_in_blocks` gives, as a whole: int64 and float32 (tracks, number)."""
    rows, similarities = zip(*nearest_in_blocks(centre, number), strict=True)
    return np.concatenate(rows), np.concatenate(similarities)


def nearest_in_blocks(centre: Matrix, number: int) -> Iterator[tuple[Rows, Matrix]]:
    """The `number` nearest of each row by cosine among the others, found exactly; ties in row order.

    A block of rows against all is one matrix product.

    Args:
        centre: float32 (tracks, embedding_dim), no row of zeros.
        number: how many, at least 1 and fewer than there are rows.

    Yields:
        Of some rows after the other: rows, int64 (some, number), and similarities, float32, nearest first.
    """
    from concurrent.futures import ThreadPoolExecutor  # here, because look-ups start without it

    tracks = len(centre)
    groups, width = _groups(tracks, number)
    step = max(1, min(TABLE_ROWS, TABLE_CELLS // (groups * width)))
    units = np.zeros((groups * width, centre.shape[1]), np.float32)
    units[:tracks] = unit_rows(np.asarray(centre))

    def search(start: int) -> tuple[Rows, Matrix]:
        block = slice(start, min(start + step, tracks))
        similarity = units[block] @ units.T
        similarity[:, tracks:] = -np.inf
        similarity[np.arange(len(similarity)), np.arange(block.start, block.stop)] = -np.inf
        query, candidate, found = _largest(similarity, groups, number)
        first = np.searchsorted(query, np.arange(len(similarity)))[:, None] + np.arange(number)
        return candidate[first], found[first]

    starts = range(0, tracks, step)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # numpy lets go of the interpreter where the time is spent
        for at in range(0, len(starts), BLOCKS_AHEAD):  # no more than a few wait for whoever takes them
            yield from pool.map(search, starts[at : at + BLOCKS_AHEAD])


def _groups(tracks: int, number: int) -> tuple[int, int]:
    """How many groups of how many rows `_largest` looks at where so many of each are wanted."""
    groups = max(-(-tracks // GROUP), min(tracks, 2 * number))
    return groups, -(-tracks // groups)


def _largest(similarity: Matrix, groups: int, number: int) -> tuple[Rows, Rows, Matrix]:
    """The largest similarities of each query, `number` of each at least, in falling order; ties in row order.

    The maxima of small groups are looked at first: the `number`-th largest of them is a bound that none of the largest
    lies below, so few are left to be sorted.

    Args:
        similarity: float32 (queries, width * groups); group g holds the columns g, g + groups, g + 2 groups ...
        groups: more than `number`, or as many as there are columns.
        number: how many.

    Returns:
        Numbers of the queries, rising, int64; columns, int64; similarities, float32.
    """
    width = similarity.shape[1] // groups
    largest = similarity.reshape(len(similarity), width, groups).max(axis=1)
    bound = np.partition(largest, groups - number, axis=1)[:, groups - number]
    query, group = np.nonzero(largest >= bound[:, None])
    candidate = group[:, None] + groups * np.arange(width)
    found = similarity[query[:, None], candidate]
    kept = found >= bound[query][:, None]
    query, candidate, found = np.broadcast_to(query[:, None], kept.shape)[kept], candidate[kept], found[kept]
    order = np.lexsort((candidate, -found, query))
    return query[order], candidate[order], found[order]


def build_index(path: Path, centre: Matrix, settings: IndexSettings) -> IndexFacts:
    """Build an Annoy index over the unit rows and search it ever wider until the recall is reached.

    One thread builds it, so that one seed makes one file. Where there are several files, one at a time is in memory.
    Recall@10 is measured on learnt rows drawn by the seed.

    Raises:
        ExperimentError: the vectors hold numbers that are not finite.
        StorageError: what was written is not what was built, or Annoy dies on this machine.
    """
    if death := cause_of_death(_try_annoy):
        raise StorageError(f"Annoy dies here ({death}), so there is no index and look-ups compare every track; {CURE}")
    rows, dim = centre.shape
    facts = IndexFacts(
        dimension=dim,
        items=rows,
        metric=METRIC,
        trees=settings.trees,
        search_k=settings.trees * RECALL_AT,
        random_seed=settings.random_seed,
        recall_at_10=0.0,
        bytes=0,
        shards=max(1, min(settings.shards or -(-rows // ROWS_A_FILE), rows)),
    )
    files = facts.files(path)
    for one, first, own in files:
        _build_file(one, centre[first : first + own.items], own)
    facts = replace(facts, bytes=sum(one.stat().st_size for one, _, _ in files))
    return _search_widely_enough(path, centre, facts, settings.recall)


def _build_file(path: Path, centre: Matrix, facts: IndexFacts) -> None:
    """Build a file of an index over some rows."""
    index = _annoy(facts.dimension)
    index.set_seed(facts.random_seed)
    for start in range(0, len(centre), BLOCK_ROWS):
        block = np.asarray(centre[start : start + BLOCK_ROWS])
        if not np.isfinite(block).all():
            raise not_finite()
        for row, vector in enumerate(unit_rows(block), start):
            index.add_item(row, vector)
    index.build(facts.trees, n_jobs=1)
    with stderr_to(Path(os.devnull)):  # it says there, too, what it raises
        saved = index.save(str(path))
    if not saved:
        raise StorageError(f"cannot write {path}: Annoy could not save its index")
    index.unload()


def _search_widely_enough(path: Path, centre: Matrix, facts: IndexFacts, wanted: float) -> IndexFacts:
    """Search ever wider until the measured recall is what is wanted, or the whole index is searched."""
    queries = _queries(centre, facts.random_seed)
    truth = _truth(centre, queries)
    while True:
        candidates = AnnoyCandidates(path, facts)
        if len(candidates) != facts.items:
            raise StorageError(f"{path} holds {len(candidates)} of {facts.items} tracks: is the disk full?")
        facts = replace(facts, recall_at_10=_recall(candidates, centre, queries, truth))
        if facts.recall_at_10 >= wanted or facts.search_k >= facts.trees * facts.items:
            return facts
        facts = replace(facts, search_k=-(-facts.search_k * WIDER // 100))


def measured_recall(path: Path, centre: Matrix, facts: IndexFacts) -> float:
    """Share of the true ten nearest that an index finds, asked what it was asked when it was built.

    Raises:
        ExperimentError: Annoy dies of the file, or would, or the file does not hold as many tracks as it must.
    """
    require_sound_nodes(path, facts)
    queries = _queries(centre, facts.random_seed)
    if len(queries) and (death := death_of_annoy(path, facts, unit_rows(np.asarray(centre[queries[0]])))):
        raise ExperimentError(f"{path} is damaged: Annoy dies of it ({death})")
    candidates = AnnoyCandidates(path, facts)
    if len(candidates) != facts.items:
        raise ExperimentError(f"{path} is damaged: it holds {len(candidates):,} of {facts.items:,} tracks")
    return _recall(candidates, centre, queries, _truth(centre, queries))


def recall_of_copy(copy: Matrix, centre: Matrix, seed: int) -> float:
    """Share of the true ten nearest that exact search finds in a less precise copy of the vectors; ties count."""
    return recall_of_search(lambda queries: [given.rows for given in _truth(copy, queries)], centre, seed)


def recall_of_search(search: Callable[[Rows], Sequence[Rows]], centre: Matrix, seed: int) -> float:
    """Share of the true ten nearest of some rows, drawn by the seed, that a search for each finds; ties count."""
    queries = _queries(centre, seed)
    found = wanted = 0
    for query, true, given in zip(queries, _truth(centre, queries), search(queries), strict=True):
        similarity = unit_rows(np.asarray(centre[given])) @ unit_rows(np.asarray(centre[query]))
        wanted += len(true.rows)
        found += int(np.count_nonzero(similarity >= true.similarities[-1] - TIE)) if len(true.rows) else 0
    return found / wanted if wanted else 1.0


def _queries(centre: Matrix, seed: int) -> Rows:
    """Some learnt rows, drawn by the seed."""
    learnt = np.flatnonzero(is_learnt(centre))
    rng = np.random.default_rng([seed, len(learnt)])
    return np.sort(rng.choice(learnt, min(RECALL_QUERIES, len(learnt)), replace=False))


def _truth(centre: Matrix, queries: Rows) -> list[Neighbours]:
    """The true ten nearest of each of some rows."""
    vectors = unit_rows(np.asarray(centre[queries]))
    best = [Neighbours(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in queries]
    for start in range(0, len(centre), BLOCK_ROWS):
        block = np.asarray(centre[start : start + BLOCK_ROWS])
        rows = start + np.flatnonzero(is_learnt(block))
        similarity = vectors @ unit_rows(block[rows - start]).T
        for at, query in enumerate(queries):
            others = rows != query
            merged = np.concatenate([best[at].rows, rows[others]])
            best[at] = highest(merged, np.concatenate([best[at].similarities, similarity[at, others]]), RECALL_AT)
    return best


def _recall(candidates: AnnoyCandidates, centre: Matrix, queries: Rows, truth: list[Neighbours]) -> float:
    """Share of the true ten nearest that the index finds; one as near as the tenth counts."""
    found = wanted = 0
    for query, true in zip(queries, truth, strict=True):
        vector = unit_rows(np.asarray(centre[query]))
        given = nearest_by_index(candidates, centre, vector, len(true.rows), np.array([query], np.int64))
        wanted += len(true.rows)
        if given is not None and len(true.rows):
            found += int(np.count_nonzero(given.similarities >= true.similarities[-1] - TIE))
    return found / wanted if wanted else 1.0


def _try_annoy() -> None:
    """Build a small index and ask it."""
    index = _annoy(2)
    for row in range(RECALL_AT):
        index.add_item(row, [1.0, float(row)])
    index.build(2, n_jobs=1)
    index.get_nns_by_vector([1.0, 1.0], 2)


def _annoy(dimension: int) -> Any:
    """An empty index."""
    from annoy import AnnoyIndex

    return AnnoyIndex(dimension, METRIC)
