"""Protocols: what is given of a held-out playlist, and what is to be found.

    continuation   a random half is given (or some tracks of it), the other half is to be found
    next-item      all but the last track is given (or the last but one alone), the last is to be found
    lookup         one track is given, all the others are to be found: what `sgp similar` does
    deezer2018     the last track but one is given, the last is to be found, in sessions whose last track alone was held
                   out: what the published code of "Word2vec applied to Recommendation: Hyperparameters Matter"
                   (arXiv 1804.04212) does

A playlist counts a track once, where it first stands (but for deezer2018, which counts them as they are, and takes a
last track that is the one before it for found at rank 1). A track that was not trained on cannot be given or found: it
is counted, and the metrics are stated with and without it. A playlist with fewer than five trained tracks is passed
over, and counted. Where what is given is random a playlist is asked several times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import EvaluationError
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.settings import Protocol

Rows = npt.NDArray[np.int64]
FEWEST_TRACKS = 5


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one playlist.

    Attributes:
        playlist: its number in the corpus.
        given: rows of the tracks that are given.
        wanted: rows of the tracks that are to be found; none of them is given.
        unknown: how many more would be to be found, had they been trained on.
        repeats: what is to be found is what is given, and counts as found at rank 1.
    """

    playlist: int
    given: Rows
    wanted: Rows
    unknown: int
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked of all held-out playlists; `passed_over` of them have too few trained tracks."""

    asked: Sequence[Question]
    passed_over: int

    def renumbered(self, rows: Rows, tracks: int) -> Questions:
        """The same questions over some rows of a catalogue of `tracks`: row `rows[i]` becomes i."""
        number = np.full(tracks, -1, np.int64)
        number[rows] = np.arange(len(rows))
        asked = [replace(q, given=number[q.given], wanted=number[q.wanted]) for q in self.asked]
        return Questions(asked, self.passed_over)


def ask(
    corpus: Corpus,
    held_out: npt.NDArray[np.bool_],
    trained: npt.NDArray[np.bool_],
    protocol: Protocol,
    seed: int,
    given: int | None = None,
    draws: int = 1,
) -> Questions:
    """Draw up the questions.

    Args:
        corpus: all playlists.
        held_out: bool (playlists,), those to ask of.
        trained: bool (tracks,), the tracks that have a place in the ranking.
        protocol: what is given and what is wanted.
        seed: the random choices of a playlist are a function of it and of the playlist's number.
        given: how many tracks to give, else half (continuation) or all but the last (next-item).
        draws: how often to ask a playlist where what is given is random.

    Raises:
        EvaluationError: no held-out playlist has enough trained tracks.
    """
    asked: list[Question] = []
    passed_over = 0
    for playlist in np.flatnonzero(held_out).tolist():
        tracks = np.asarray(corpus.track_ids[corpus.offsets[playlist] : corpus.offsets[playlist + 1]], np.int64)
        if protocol == "deezer2018":
            own = _last_after_its_forerunner(playlist, tracks, trained)
        else:
            times = draws if protocol != "next-item" else 1
            own = _of_playlist(playlist, _distinct(tracks), trained, protocol, given, seed, times)
        passed_over += not own
        asked += own
    if not asked:
        fewest = 2 if protocol == "deezer2018" else FEWEST_TRACKS
        raise EvaluationError(
            f"none of the {passed_over:,} held-out playlists holds {fewest} tracks that were trained on"
        )
    return Questions(asked, passed_over)


def _of_playlist(
    playlist: int,
    tracks: Rows,
    trained: npt.NDArray[np.bool_],
    protocol: Protocol,
    given: int | None,
    seed: int,
    draws: int,
) -> list[Question]:
    """The questions of one playlist; none if it holds too few trained tracks."""
    known = tracks[trained[tracks]]
    if len(known) < FEWEST_TRACKS:
        return []
    asked = []
    for draw in range(draws):
        seeds, wanted = _parted(known, protocol, given, np.random.default_rng([seed, playlist, draw]))
        # Of the unknown tracks the wanted part holds as many as its share of the known ones.
        unknown = round((len(tracks) - len(known)) * len(wanted) / len(known)) if protocol != "next-item" else 0
        asked.append(Question(playlist, seeds, wanted, unknown))
    return asked


def _last_after_its_forerunner(playlist: int, tracks: Rows, trained: npt.NDArray[np.bool_]) -> list[Question]:
    """The one question of deezer2018; none if one of the two tracks was not trained on."""
    if len(tracks) < 2 or not trained[tracks[-2:]].all():
        return []
    return [Question(playlist, tracks[-2:-1], tracks[-1:], 0, repeats=bool(tracks[-2] == tracks[-1]))]


def _parted(known: Rows, protocol: Protocol, given: int | None, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Part the tracks of a playlist into what is given and what is wanted."""
    if protocol == "next-item":
        first = 0 if given is None else max(0, len(known) - 1 - given)
        return known[first:-1], known[-1:]
    shuffled = known[rng.permutation(len(known))]
    if protocol == "lookup":
        return shuffled[:1], shuffled[1:]
    number = len(known) // 2 if given is None else min(given, len(known) - 1)
    return shuffled[:number], shuffled[number:]


def _distinct(tracks: Rows) -> Rows:
    """Tracks without repeats, in the order in which they first stand."""
    rows, first = np.unique(tracks, return_index=True)
    return rows[np.argsort(first)]
