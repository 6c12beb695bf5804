"""Why two tracks are near each other, or not: their cosine, the playlists that they share, what lies between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from skipgramophone.embeddings import Matrix, unit_rows
from skipgramophone.errors import SettingError
from skipgramophone.neighbours import highest
from skipgramophone.settings import ExplainSettings

if TYPE_CHECKING:
    from skipgramophone.catalogue import Track
    from skipgramophone.lookup import Lookup


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
    units = unit_rows(np.asarray(lookup.embeddings.centre[pair]))
    cosines = np.stack([lookup.search.exact.cosines(unit) for unit in units])
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

    def place(at: int) -> int:
        """The place of the other track among the nearest of one."""
        return 1 + int(np.count_nonzero(cosines[at, rows] > cosines[at, pair[1 - at]]))

    return Explanation(
        tracks=(first, second),
        similarity=float(units[0] @ units[1]),
        ranks=(place(0), place(1)),
        learnt=len(rows) + 2,
        playlists=(int(held[0]), int(held[1])),
        all_playlists=len(lookup.corpus),
        shared=len(both),
        expected=float(held[0] * held[1] / max(1, len(lookup.corpus))),
        shared_playlists=_named(lookup, both, settings.number),
        between=related(cosines.min(axis=0)),
        neighbours=(related(cosines[0]), related(cosines[1])),
        notes=asked.notes,
    )


def _named(lookup: Lookup, playlists: npt.NDArray[np.int32], number: int) -> tuple[SharedPlaylist, ...]:
    """The shortest of some playlists, which say most, by their names."""
    lengths = lookup.corpus.lengths()[playlists]
    chosen = playlists[np.argsort(lengths, kind="stable")[:number]].tolist()
    named = zip(chosen, lookup.playlist_names(chosen), strict=True)
    return tuple(
        SharedPlaylist(name, owner, int(lookup.corpus.lengths()[playlist])) for playlist, (owner, name) in named
    )
