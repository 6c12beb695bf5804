"""Why two tracks are near each other, or not: their cosine, the playlists that they share, what lies between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError, SettingError
from skipgramophone.experiment.embeddings import Matrix, is_learnt, unit_rows
from skipgramophone.lookup.neighbours import ExactSearch, Rows, exact_search, highest
from skipgramophone.lookup.stability_report import read_stability
from skipgramophone.settings import ExplainSettings

if TYPE_CHECKING:
    from skipgramophone.experiment.catalogue import Track
    from skipgramophone.lookup.lookup import Lookup


@dataclass(frozen=True, slots=True)
class SharedPlaylist:
    """A playlist that holds both tracks."""

    name: str
    owner: str
    tracks: int  # places


@dataclass(frozen=True, slots=True)
class Related:
    """A track beside the two: how similar to each, and in how many playlists with each."""

    track: Track
    similarities: tuple[float, float]
    shared: tuple[int, int]


@dataclass(frozen=True, slots=True)
class SecondTraining:
    """What a training with another seed says of the two."""

    neighbours: int  # nearest of each that were compared
    agreed: tuple[int, int]  # how many of the nearest of each are among its nearest there too
    similarity: float
    ranks: tuple[int, int]  # the place of the other among the nearest of each there


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of two tracks together; pairs are in the order of the two."""

    tracks: tuple[Track, Track]
    similarity: float  # cosine of their centre vectors
    ranks: tuple[int, int]  # the place of the other among the nearest of each, from 1
    learnt: int  # tracks with a vector: what the places are out of
    playlists: tuple[int, int]  # that hold each
    all_playlists: int
    shared: int  # playlists that hold both
    expected: float  # that would hold both if each were strewn over the playlists by chance
    shared_playlists: tuple[SharedPlaylist, ...]  # the shortest of them
    between: tuple[Related, ...]  # near both: those whose smaller similarity is largest
    neighbours: tuple[tuple[Related, ...], tuple[Related, ...]]  # the nearest of each
    second: SecondTraining | None  # what another training says of them, where the two were compared
    notes: tuple[str, ...]


def explain(lookup: Lookup, names: tuple[str, str], settings: ExplainSettings) -> Explanation:
    """Put together what is known of two tracks.

    Raises:
        UnknownTrackError: no track answers to a name, or the one that does was too rare to be learnt.
        AmbiguousTrackError: several tracks do.
        SettingError: both names mean one track.
    """
    asked = lookup.asked([(name, 1.0) for name in names])
    if len(asked.seeds) == 1:
        raise SettingError(f"{names[0]!r} and {names[1]!r} mean one track: give two")
    first, second = (seed.track for seed in asked.seeds)
    pair = np.array([first.row, second.row], np.int64)
    cosines = _cosines(lookup.search.exact, pair)
    rows = lookup.search.exact.candidates(pair)
    postings = lookup.search.postings
    held = postings.sizes(pair)
    both = np.intersect1d(postings.of(first.row), postings.of(second.row), assume_unique=True)

    def related(scores: Matrix) -> tuple[Related, ...]:
        """Tracks with the highest scores."""
        found = highest(rows, scores[rows], settings.number).rows
        shared = [postings.shared(pair[at : at + 1], found).tolist() for at in (0, 1)]
        return tuple(
            Related(track, (float(cosines[0, track.row]), float(cosines[1, track.row])), of)
            for track, of in zip(lookup.catalogue.tracks(found.tolist()), zip(*shared, strict=True), strict=True)
        )

    return Explanation(
        tracks=(first, second),
        similarity=float(cosines[0, second.row]),
        ranks=_places(cosines, rows, pair),
        learnt=len(rows) + 2,
        playlists=(int(held[0]), int(held[1])),
        all_playlists=len(lookup.corpus),
        shared=len(both),
        expected=float(held[0] * held[1] / max(1, len(lookup.corpus))),
        shared_playlists=_named(lookup, both, settings.number),
        between=related(cosines.min(axis=0)),
        neighbours=(related(cosines[0]), related(cosines[1])),
        second=_second_training(lookup, pair, cosines),
        notes=asked.notes,
    )


def _cosines(search: ExactSearch, pair: Rows) -> Matrix:
    """Cosines of two rows with every row, float32 (2, tracks)."""
    return np.stack([search.cosines(unit) for unit in unit_rows(np.asarray(search.centre[pair]))])


def _places(cosines: Matrix, rows: Rows, pair: Rows) -> tuple[int, int]:
    """The place of the other track among the nearest of each of two, from 1; `rows` are those of the others."""
    nearer = [int(np.count_nonzero(cosines[at, rows] > cosines[at, pair[1 - at]])) for at in (0, 1)]
    return 1 + nearer[0], 1 + nearer[1]


def _second_training(lookup: Lookup, pair: Rows, cosines: Matrix) -> SecondTraining | None:
    """What the training says that `sgp evaluate --stability` has compared with the model, if it has."""
    report = read_stability(lookup.experiment)
    if report is None:
        return None
    from skipgramophone.evaluation.holdout import second_training  # here, because most look-ups do without

    other = second_training(lookup.experiment, len(lookup))
    if other is None or not is_learnt(other.centre[pair]).all():
        return None
    search = exact_search(other.centre)
    there, agreed = _cosines(search, pair), [0, 0]
    for at in (0, 1):
        here, beside = (
            highest(rows, scores[at, rows], report.neighbours).rows
            for of, scores in ((lookup.search.exact, cosines), (search, there))
            for rows in (of.candidates(pair[at : at + 1]),)
        )
        agreed[at] = len(np.intersect1d(here, beside))
    return SecondTraining(
        neighbours=report.neighbours,
        agreed=(agreed[0], agreed[1]),
        similarity=float(there[0, pair[1]]),
        ranks=_places(there, search.candidates(pair), pair),
    )


def _named(lookup: Lookup, playlists: npt.NDArray[np.int32], number: int) -> tuple[SharedPlaylist, ...]:
    """The shortest of some playlists, which say most, by their names."""
    if len(playlists) and not 0 <= playlists.min() <= playlists.max() < len(lookup.corpus):
        raise ExperimentError("the postings do not fit the corpus: run sgp extract again with --force")
    lengths = lookup.corpus.lengths()[playlists]
    chosen = playlists[np.argsort(lengths, kind="stable")[:number]].tolist()
    named = zip(chosen, lookup.playlist_names(chosen), strict=True)
    return tuple(
        SharedPlaylist(name, owner, int(lookup.corpus.lengths()[playlist])) for playlist, (owner, name) in named
    )
