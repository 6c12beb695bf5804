"""Finds playlists of the corpus that are similar to tracks, artists and playlists.

The vector s_p of a playlist p is the sum of the unit vectors u_i of its tracks i. The similarity of the playlist to a
unit query vector q is the cosine

    q . s_p / |s_p|,  where  q . s_p = sum of q . u_i over the tracks i of p

To compute q . s_p as the sum of q . u_i, no playlist vectors are needed. One matrix product gives q . u_i for all
tracks, and one sum per playlist gives q . s_p. The lengths |s_p| do not depend on
the query, so they are computed only once, at the first query.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError, SettingError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.lookup.exact_search import ExactSearch, highest
from skipgramophone.lookup.length_remark import remark_on_length
from skipgramophone.lookup.mixed_query import MixedQuery
from skipgramophone.lookup.search import Search
from skipgramophone.names.normalization import full_name
from skipgramophone.settings import SimilarSettings

OCCURRENCES_AT_ONCE = 1 << 17  # number of occurrences whose vectors one thread sums in one batch
VANISHED = 1e-4  # a vector shorter than this is rounding error
Values = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PlaylistNeighbour:
    """A playlist and its similarity to the query."""

    rank: int  # from 1
    similarity: float  # cosine of the playlist's vector and the query, from -1 to 1
    owner: str
    name: str
    shared: int  # number of query tracks of positive weight in the playlist
    tracks: int  # number of different tracks in the playlist
    playlist: int  # number of the playlist in the corpus, from 0


@dataclass(frozen=True, slots=True)
class PlaylistAnswer:
    """The result of a look-up of playlists."""

    query: MixedQuery
    neighbours: tuple[PlaylistNeighbour, ...]
    notes: tuple[str, ...]


class SimilarPlaylists:
    """Search over the playlists of an experiment; the first query computes the lengths of their vectors."""

    def __init__(self, search: Search) -> None:
        self._search = search

    @property
    def _corpus(self) -> Corpus:
        """The playlists of the experiment."""
        return self._search.corpus

    @cached_property
    def _lengths(self) -> Values:
        """Length of the vector of each playlist, float32 (playlists,)."""
        tracks = len(self._search.catalogue)
        if not self._corpus.has_valid_ids(tracks):
            raise ExperimentError(
                "the corpus is damaged: unknown track id in a playlist; run sgp extract again with --force"
            )
        return playlist_lengths(self._corpus, self._search.exact)

    def answer(self, query: MixedQuery, settings: SimilarSettings) -> PlaylistAnswer:
        """Return the playlists most similar to a query, nearest first; ties are in the order of the corpus.

        The answer leaves out the playlists that were given as a part of the query. If the query is a playlist file, the
        answer also leaves out the playlists of the corpus that contain exactly the same tracks as the file.

        Raises:
            SettingError: the corpus has no playlists.
            ExperimentError: the model or the corpus is damaged.
        """
        name = self._search.experiment.name
        if not len(self._corpus):
            raise SettingError(f"experiment '{name}' has no playlists to list: extract them with sgp extract")
        lengths = self._lengths
        same = self._with_tracks(query.liked) if query.is_file else np.array([], np.int64)
        own = [group.playlist for group in query.groups if group.playlist is not None]
        rows = np.setdiff1d(np.flatnonzero(lengths > 0), [*own, *same])
        products = sums_of_playlists(self._corpus, self._search.exact.cosines(query.vector))
        cosines = products[rows] / lengths[rows]
        if settings.min_similarity is not None:
            near = cosines >= settings.min_similarity
            rows, cosines = rows[near], cosines[near]
        found = highest(rows, cosines, settings.number)
        numbers = found.rows.tolist()
        each = [np.unique(self._corpus.playlists(found.rows[at : at + 1]).track_ids) for at in range(len(numbers))]
        shared = [int(np.isin(tracks, query.liked, assume_unique=True).sum()) for tracks in each]
        names = self._search.opened.playlist_table.names(len(self._corpus), numbers)
        notes = [*query.notes, *self._remarks_on_same(same)]
        if len(numbers) < settings.number:
            notes.append(remark_on_length(len(numbers), settings, "playlists"))
        return PlaylistAnswer(
            query,
            tuple(
                PlaylistNeighbour(
                    rank=at + 1,
                    similarity=min(1.0, float(found.similarities[at])),
                    owner=names[at][0],
                    name=names[at][1],
                    shared=shared[at],
                    tracks=len(each[at]),
                    playlist=numbers[at],
                )
                for at in range(len(numbers))
            ),
            tuple(notes),
        )

    def _with_tracks(self, liked: Rows) -> Rows:
        """Return the numbers of the playlists that consist of exactly the given tracks, int64.

        Tracks without a vector are ignored, and it does not matter how often a playlist contains a track.
        """
        known = self._search.exact.lengths > 0
        wanted = np.zeros(len(known), np.bool_)
        wanted[liked] = True
        among = sums_of_playlists(self._corpus, wanted.astype(np.float32))
        others = sums_of_playlists(self._corpus, (known & ~wanted).astype(np.float32))
        found = np.flatnonzero((among >= len(liked)) & (others == 0))
        ids = (self._corpus.playlists(found[at : at + 1]).track_ids for at in range(len(found)))
        return found[[np.isin(liked, own).all() for own in ids]] if len(found) else found

    def _remarks_on_same(self, same: Rows) -> list[str]:
        """Return a remark on the playlists that were left out because they have exactly the tracks of the query."""
        if not len(same):
            return []
        owner, name = self._search.opened.playlist_table.names(len(self._corpus), [int(same[0])])[0]
        more = f" and {len(same) - 1:,} more" if len(same) > 1 else ""
        have = "they have" if more else "it has"
        return [f"left out '{full_name(owner, name)}'{more}, because {have} exactly the tracks of the query"]


def sums_of_playlists(corpus: Corpus, values: Values) -> Values:
    """For each playlist, add up the values of its tracks; return the sums, float32 (playlists,).

    Args:
        corpus: the playlists.
        values: float32 (tracks,); tracks beyond the last value count as 0.
    """
    ids = np.asarray(corpus.track_ids)
    values = np.concatenate([values, np.zeros(max(0, int(ids.max(initial=-1)) + 1 - len(values)), np.float32)])
    sums = np.zeros(len(corpus), np.float32)
    filled = np.flatnonzero(corpus.lengths())  # reduceat cannot sum over an empty playlist
    if len(filled):
        sums[filled] = np.add.reduceat(values[ids], corpus.offsets[filled])
    return sums


def playlist_lengths(corpus: Corpus, exact: ExactSearch) -> Values:
    """Return the length of each playlist's vector (the sum of its tracks' unit vectors), float32 (playlists,)."""
    from concurrent.futures import ThreadPoolExecutor  # imported here, because other look-ups do not need these modules

    # a product with a sparse matrix adds up rows several times as fast as numpy's reduceat
    from scipy.sparse import csr_array

    lengths = np.zeros(len(corpus), np.float32)
    scale = np.divide(1, exact.lengths, out=np.zeros_like(exact.lengths), where=exact.lengths > 0)

    def measure(first: int, end: int) -> None:
        """Compute the lengths of the vectors of the playlists from `first` to `end` - 1."""
        offsets = corpus.offsets[first : end + 1]
        ids = np.asarray(corpus.track_ids[offsets[0] : offsets[-1]])
        known = np.where(ids < len(scale), ids, 0)  # a track that was added later has no vector
        weights = np.where(ids < len(scale), scale[known], np.float32(0))
        sums = csr_array((weights, known, offsets - offsets[0]), shape=(end - first, len(scale))) @ exact.centre
        lengths[first:end] = np.sqrt(np.einsum("ij,ij->i", sums, sums))

    bounds = [0, *(np.flatnonzero(np.diff(corpus.offsets[:-1] // OCCURRENCES_AT_ONCE)) + 1).tolist(), len(corpus)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # the products release the interpreter lock, so all cores work
        list(pool.map(measure, bounds[:-1], bounds[1:]))
    lengths[lengths < VANISHED] = 0
    return lengths
