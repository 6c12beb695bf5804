"""Explains how two tracks are related: cosine, rank in look-ups, shared playlists, and the tracks near both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.embeddings import Matrix, is_learnt, unit_rows
from skipgramophone.experiment.split_models import read_second_training
from skipgramophone.lookup.exact_search import ExactSearch, exact_search, highest
from skipgramophone.lookup.hybrid_rank import HybridRank, hybrid_rank
from skipgramophone.lookup.results import Seed
from skipgramophone.lookup.scoring import applicable
from skipgramophone.lookup.search import Search
from skipgramophone.settings import ExplainSettings, SimilarSettings

if TYPE_CHECKING:
    from skipgramophone.experiment.catalogue import Track


@dataclass(frozen=True, slots=True)
class SharedPlaylist:
    """A playlist that contains both tracks of a pair."""

    name: str
    owner: str
    tracks: int  # length of the playlist


@dataclass(frozen=True, slots=True)
class Related:
    """A track that is related to a pair of tracks.

    Attributes:
        track: the related track.
        similarities: its cosines with the first and with the second track of the pair.
        shared: numbers of playlists that it shares with the first and with the second track of the pair.
    """

    track: Track
    similarities: tuple[float, float]
    shared: tuple[int, int]


@dataclass(frozen=True, slots=True)
class SecondTraining:
    """How two tracks are related by vectors that were trained with another seed."""

    neighbours: int  # number of nearest neighbours that are compared per track
    agreed: tuple[int, int]  # per track: number of nearest neighbours that both trainings have in common
    similarity: float
    ranks: tuple[int, int]  # entry i: rank, from 1, of the other track among the neighbours of track i


@dataclass(frozen=True, slots=True)
class Explanation:
    """The comparison of a pair of tracks.

    The tuples `tracks`, `ranks`, `hybrid`, `playlists` and `neighbours` have one entry per track, in the order of the
    pair.
    """

    tracks: tuple[Track, Track]
    similarity: float  # cosine of their centre vectors
    ranks: tuple[int, int]  # entry i: rank by cosine, from 1, of the other track among the neighbours of track i
    # entry i: place of the other track in the default ranking of track i; None if the corpus has no playlists
    hybrid: tuple[HybridRank, HybridRank] | None
    learnt: int  # number of tracks with a vector
    playlists: tuple[int, int]  # number of playlists with each track
    all_playlists: int
    shared: int  # number of playlists with both tracks
    expected: float  # expected number of playlists with both tracks if they were independent
    shared_playlists: tuple[SharedPlaylist, ...]  # the shortest playlists with both tracks
    between: tuple[Related, ...]  # tracks near both, ranked by the smaller of the two similarities
    neighbours: tuple[tuple[Related, ...], tuple[Related, ...]]  # the nearest neighbours of each track
    second: SecondTraining | None  # the same comparison with vectors of another seed, if stability was measured
    notes: tuple[str, ...]


def explain(
    search: Search, tracks: tuple[Track, Track], settings: ExplainSettings, notes: tuple[str, ...] = ()
) -> Explanation:
    """Compare two tracks by vectors and by playlists.

    Args:
        search: the opened experiment.
        tracks: two different tracks with a vector.
        settings: number of tracks and playlists to list.
        notes: notes on the names of the tracks, which are included in the result.
    """
    first, second = tracks
    pair = np.array([first.row, second.row], np.int64)
    cosines = _cosines(search.exact, pair)
    rows = search.exact.candidates(pair)
    postings = search.postings
    held = postings.sizes(pair)
    both = np.intersect1d(postings.of(first.row), postings.of(second.row), assume_unique=True)

    def related(scores: Matrix) -> tuple[Related, ...]:
        """Return the tracks with the highest scores, with their relations to both tracks of the pair."""
        found = highest(rows, scores[rows], settings.number).rows
        shared = [postings.shared(pair[at : at + 1], found).tolist() for at in (0, 1)]
        return tuple(
            Related(track, (float(cosines[0, track.row]), float(cosines[1, track.row])), of)
            for track, of in zip(search.catalogue.tracks(found.tolist()), zip(*shared, strict=True), strict=True)
        )

    return Explanation(
        tracks=(first, second),
        similarity=float(cosines[0, second.row]),
        ranks=_ranks(cosines, rows, pair),
        hybrid=_hybrid_ranks(search, tracks, cosines),
        learnt=len(rows) + 2,
        playlists=(int(held[0]), int(held[1])),
        all_playlists=len(search.corpus),
        shared=len(both),
        expected=float(held[0] * held[1] / max(1, len(search.corpus))),
        shared_playlists=_shortest(search, both, settings.number),
        between=related(cosines.min(axis=0)),
        neighbours=(related(cosines[0]), related(cosines[1])),
        second=_second_training(search, pair, cosines),
        notes=notes,
    )


def _cosines(exact: ExactSearch, pair: Rows) -> Matrix:
    """Return the cosines of two rows with every row, float32 (2, tracks)."""
    return np.stack([exact.cosines(unit) for unit in unit_rows(np.asarray(exact.centre[pair]))])


def _ranks(cosines: Matrix, rows: Rows, pair: Rows) -> tuple[int, int]:
    """Return the rank of the second track among the first track's neighbours, and of the first among the second's.

    `rows` are all tracks that have a vector, except the pair.
    """
    nearer = [int(np.count_nonzero(cosines[at, rows] > cosines[at, pair[1 - at]])) for at in (0, 1)]
    return 1 + nearer[0], 1 + nearer[1]


def _hybrid_ranks(search: Search, tracks: tuple[Track, Track], cosines: Matrix) -> tuple[HybridRank, HybridRank] | None:
    """Return the place of each track in the default ranking of the other; the first entry is that of the second track.

    The result is None if the default ranking is the cosine, because the corpus has no playlists.
    """
    if applicable(SimilarSettings(), search.corpus).by != "hybrid":
        return None
    first, second = (
        hybrid_rank(
            search.scoring,
            search.question([Seed(query)], ()),
            other.row,
            rows=search.exact.candidates(np.array([query.row], np.int64)),
            cosines=cosines[at],
        )
        for at, (query, other) in enumerate((tracks, tracks[::-1]))
    )
    return first, second


def _second_training(search: Search, pair: Rows, cosines: Matrix) -> SecondTraining | None:
    """Compare the pair by the vectors that `sgp evaluate --stability` trained; return None if there are none."""
    opened = search.opened
    report = opened.stability
    if report is None:
        return None
    other = read_second_training(opened.experiment, opened.model, len(opened.catalogue))
    if other is None or not is_learnt(other.centre[pair]).all():
        return None
    other_exact = exact_search(other.centre)
    other_cosines, agreed = _cosines(other_exact, pair), [0, 0]
    for at in (0, 1):
        nearest = [
            highest(rows, scores[at, rows], report.neighbours).rows
            for exact, scores in ((search.exact, cosines), (other_exact, other_cosines))
            for rows in (exact.candidates(pair[at : at + 1]),)
        ]
        agreed[at] = len(np.intersect1d(nearest[0], nearest[1]))
    return SecondTraining(
        neighbours=report.neighbours,
        agreed=(agreed[0], agreed[1]),
        similarity=float(other_cosines[0, pair[1]]),
        ranks=_ranks(other_cosines, other_exact.candidates(pair), pair),
    )


def _shortest(search: Search, playlists: npt.NDArray[np.int32], number: int) -> tuple[SharedPlaylist, ...]:
    """Return the `number` shortest of `playlists`; a short one is stronger evidence that two tracks are related."""
    if len(playlists) and not 0 <= playlists.min() <= playlists.max() < len(search.corpus):
        raise ExperimentError(
            "the postings (playlists of each track) do not match the corpus: run sgp extract again with --force"
        )
    lengths = search.corpus.lengths()[playlists]
    chosen = playlists[np.argsort(lengths, kind="stable")[:number]].tolist()
    names = search.opened.playlist_table.names(len(search.corpus), chosen)
    return tuple(
        SharedPlaylist(name, owner, int(search.corpus.lengths()[playlist]))
        for playlist, (owner, name) in zip(chosen, names, strict=True)
    )
