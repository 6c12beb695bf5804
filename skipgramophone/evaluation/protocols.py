"""Evaluation protocols: they define which tracks of a held-out playlist are given, and which must be found.

    continuation   given: random tracks, by default half of them; wanted: the other tracks
    next-item      given: tracks before the last one, by default all of them; wanted: the last track
    lookup         given: one random track; wanted: all other tracks. This is what `sgp similar` does
    deezer2018     given: the track before the last one; wanted: the last track. Only the last track of each playlist
                   is held out; the other tracks are used for training. This is the protocol of the code published with
                   "Word2vec applied to Recommendation: Hyperparameters Matter" (arXiv 1804.04212)

A track that repeats within a playlist counts once, at its first position. Only deezer2018 keeps repeated tracks. If the
last two tracks of a playlist are the same, the wanted track is also the given track, and counts as found at rank 1.
Tracks that do not occur in the training playlists cannot be given or found. These unknown tracks are counted, and the
metrics are reported both with and without them. Playlists with fewer than five trained tracks are skipped and counted.
If the given tracks are random, several queries can be made from each playlist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import EvaluationError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.settings import Protocol
from skipgramophone.wording import Wording, plural

FEWEST_TRACKS = 5


@dataclass(frozen=True, slots=True)
class EvaluationQuery:
    """Given and wanted tracks of one playlist.

    Attributes:
        playlist: number of the playlist in the corpus.
        given: rows of the given tracks.
        wanted: rows of the tracks to find; they are different from the given tracks, except if `repeats` is set.
        unknown: number of tracks to find that do not occur in the training playlists; they are not in `wanted`.
        repeats: whether the wanted track is the given track, so that it counts as found at rank 1.
    """

    playlist: int
    given: Rows
    wanted: Rows
    unknown: int
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class QuerySet:
    """The queries of all held-out playlists; `skipped` counts the playlists with too few trained tracks."""

    queries: Sequence[EvaluationQuery]
    skipped: int

    def renumbered(self, rows: Rows, tracks: int) -> QuerySet:
        """Return the queries with new row numbers, for a catalogue that keeps only the given rows of the old one.

        The track with the old row number `rows[i]` gets the row number i. `tracks` is the number of rows of the old
        catalogue.
        """
        number = np.full(tracks, -1, np.int64)
        number[rows] = np.arange(len(rows))
        queries = [replace(q, given=number[q.given], wanted=number[q.wanted]) for q in self.queries]
        return QuerySet(queries, self.skipped)


def make_queries(
    corpus: Corpus,
    held_out: npt.NDArray[np.bool_],
    trained: npt.NDArray[np.bool_],
    protocol: Protocol,
    *,
    seed: int,
    given: int | None = None,
    draws: int = 1,
) -> QuerySet:
    """Make the queries of all held-out playlists.

    Args:
        corpus: all playlists.
        held_out: bool (playlists,), whether to make queries from each playlist.
        trained: bool (tracks,), whether each track can be ranked.
        protocol: the protocol, which defines the given and wanted tracks.
        seed: random seed; the random choices for a playlist depend only on the seed and the playlist's number.
        given: number of given tracks; default: half (continuation) or all but the last (next-item).
        draws: number of queries per playlist if the given tracks are random.

    Raises:
        EvaluationError: no held-out playlist has enough trained tracks.
    """
    queries: list[EvaluationQuery] = []
    skipped = 0
    for playlist in np.flatnonzero(held_out).tolist():
        tracks = np.asarray(corpus.track_ids[corpus.offsets[playlist] : corpus.offsets[playlist + 1]], np.int64)
        if protocol == "deezer2018":
            own = _last_track_query(playlist, tracks, trained)
        else:
            times = draws if protocol != "next-item" else 1
            own = _playlist_queries(
                playlist, _distinct(tracks), trained, protocol=protocol, given=given, seed=seed, draws=times
            )
        skipped += not own
        queries += own
    if not queries:
        fewest = 2 if protocol == "deezer2018" else FEWEST_TRACKS
        raise EvaluationError.naming(_why_no_queries(corpus, held_out, trained, fewest))
    return QuerySet(queries, skipped)


def _why_no_queries(
    corpus: Corpus, held_out: npt.NDArray[np.bool_], trained: npt.NDArray[np.bool_], fewest: int
) -> Wording:
    """Return the error message if all held-out playlists have too few trained tracks; it includes advice."""
    for playlist in np.flatnonzero(~held_out).tolist():
        tracks = np.unique(corpus.track_ids[corpus.offsets[playlist] : corpus.offsets[playlist + 1]])
        if np.count_nonzero(trained[tracks]) >= fewest:
            checked = plural(int(np.count_nonzero(held_out)), "playlist")
            return lambda named: (
                f"no held-out playlist has at least {fewest} tracks that the model can rank ({checked} checked), but "
                f"other playlists have: use a larger {named('share')} to hold out more playlists, or another "
                f"{named('random_seed')} to hold out others"
            )
    return lambda _named: (
        f"no playlist has at least {fewest} tracks that the model can rank, so none can be evaluated: add playlists "
        "that have tracks in common (sgp extract NAME SOURCE --append)"
    )


def _playlist_queries(
    playlist: int,
    tracks: Rows,
    trained: npt.NDArray[np.bool_],
    *,
    protocol: Protocol,
    given: int | None,
    seed: int,
    draws: int,
) -> list[EvaluationQuery]:
    """Return the queries of one playlist; the list is empty if the playlist has too few trained tracks."""
    known = tracks[trained[tracks]]
    if len(known) < FEWEST_TRACKS:
        return []
    queries = []
    for draw in range(draws):
        seeds, wanted = _split_tracks(known, protocol, given, np.random.default_rng([seed, playlist, draw]))
        # Unknown tracks are divided into given and wanted tracks in the same proportion as the known tracks.
        unknown = round((len(tracks) - len(known)) * len(wanted) / len(known)) if protocol != "next-item" else 0
        queries.append(EvaluationQuery(playlist, seeds, wanted, unknown))
    return queries


def _last_track_query(playlist: int, tracks: Rows, trained: npt.NDArray[np.bool_]) -> list[EvaluationQuery]:
    """Return the query in the protocol deezer2018; an empty list if one of the last two tracks cannot be ranked."""
    if len(tracks) < 2 or not trained[tracks[-2:]].all():
        return []
    return [EvaluationQuery(playlist, tracks[-2:-1], tracks[-1:], 0, repeats=bool(tracks[-2] == tracks[-1]))]


def _split_tracks(known: Rows, protocol: Protocol, given: int | None, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Split the tracks of a playlist into given and wanted tracks."""
    if protocol == "next-item":
        first = 0 if given is None else max(0, len(known) - 1 - given)
        return known[first:-1], known[-1:]
    shuffled = known[rng.permutation(len(known))]
    if protocol == "lookup":
        return shuffled[:1], shuffled[1:]
    number = len(known) // 2 if given is None else min(given, len(known) - 1)
    return shuffled[:number], shuffled[number:]


def _distinct(tracks: Rows) -> Rows:
    """Return the tracks without repeats, in order of first appearance."""
    rows, first = np.unique(tracks, return_index=True)
    return rows[np.argsort(first)]
