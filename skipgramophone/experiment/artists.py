"""The artists of a catalogue, and the tracks that credit each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.names.credited_artists import credited_artists
from skipgramophone.names.normalization import fold_name


@dataclass(frozen=True)
class Artists:
    """Artists, numbered in the order of their first track, and the tracks that credit each of them.

    Attributes:
        names: folded name of each artist (see `fold_name`).
        rows: int64 (credits,), track rows of all artists, one artist after the other. The rows of each artist are in
            ascending order.
        offsets: int64 (artists + 1,); artist i has the tracks rows[offsets[i]:offsets[i + 1]].
        tracks: number of tracks of the catalogue.
    """

    names: Sequence[str]
    rows: Rows
    offsets: npt.NDArray[np.int64]
    tracks: int

    def __len__(self) -> int:
        return len(self.names)

    def of(self, artist: int) -> Rows:
        """Return the rows of an artist's tracks, int64, ascending."""
        return self.rows[self.offsets[artist] : self.offsets[artist + 1]]

    def numbers(self) -> Rows:
        """Return, for each entry of `rows`, the number of the artist to whom it belongs, int64 (credits,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def find(self, name: str) -> int | None:
        """Return the number of the artist called `name`, ignoring case and accents, or None if there is none."""
        return self._number.get(fold_name(name))

    @cached_property
    def _number(self) -> dict[str, int]:
        """Dict: folded name of an artist -> number of the artist."""
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def by_track(self) -> tuple[Rows, npt.NDArray[np.int64]]:
        """Return the artist numbers of all tracks in row order, int64 (credits,), and the offset of each track.

        The artists of the track in row i are artists[offsets[i]:offsets[i + 1]].
        """
        order = np.argsort(self.rows, kind="stable")
        ends = np.cumsum(np.bincount(self.rows, minlength=self.tracks))
        return self.numbers()[order], np.concatenate([[0], ends])

    def playlists_of(self, corpus: Corpus) -> Corpus:
        """Return the playlists as lists of artist numbers: each artist once, in order of first appearance."""
        artists, offsets = self.by_track
        ids = np.asarray(corpus.track_ids, np.int64)
        sizes = offsets[ids + 1] - offsets[ids]
        ends = np.cumsum(sizes)
        places = np.arange(int(sizes.sum())) + np.repeat(offsets[ids] - (ends - sizes), sizes)
        own = artists[places]
        begins = np.concatenate([[0], ends])[corpus.offsets]
        playlist = np.repeat(np.arange(len(corpus)), np.diff(begins))
        order = np.argsort(playlist * len(self) + own, kind="stable")
        pairs = (playlist * len(self) + own)[order]
        firsts = np.sort(order[np.diff(pairs, prepend=-1) != 0])
        lengths = np.bincount(playlist[firsts], minlength=len(corpus))
        return Corpus(own[firsts].astype(np.int32), np.concatenate([[0], np.cumsum(lengths)]))

    def of_tracks(self, rows: Rows) -> Rows:
        """Return the numbers of the artists that the given tracks credit, without duplicates, int64."""
        artists, offsets = self.by_track
        return np.unique(np.concatenate([artists[offsets[row] : offsets[row + 1]] for row in rows.tolist()] or [rows]))


def read_artists(catalogue: Catalogue) -> Artists:
    """Return the artists of a catalogue.

    Raises:
        ExperimentError: the catalogue is damaged.
    """
    written = [artist for (artist,) in catalogue.query("SELECT artist FROM tracks ORDER BY row")]
    if not all(isinstance(artist, str) for artist in written):
        raise catalogue.damage("the name of an artist is not text")
    return artists_of(written)


def artists_of(written: Sequence[str]) -> Artists:
    """Return the artists of tracks, given the credit (artist field) of each track."""
    spelt: dict[str, int] = {}  # spelling of a credit -> its number
    spellings = [spelt.setdefault(credit, len(spelt)) for credit in written]
    folded: dict[str, int] = {}  # folded credit -> its number
    of_spelling = [folded.setdefault(fold_name(spelling), len(folded)) for spelling in spelt]
    credit_of = np.array(of_spelling, np.int64)[np.array(spellings, np.int64)]
    found = credited_artists(list(folded), np.bincount(credit_of, minlength=len(folded)).tolist())
    sizes, flat = found.sizes, found.artists
    of_track = sizes[credit_of]
    starts = np.cumsum(sizes) - sizes
    places = np.arange(int(of_track.sum())) - np.repeat(np.cumsum(of_track) - of_track, of_track)
    artists = flat[np.repeat(starts[credit_of], of_track) + places]
    order = np.argsort(artists, kind="stable")
    rows = np.repeat(np.arange(len(written)), of_track)[order]
    ends = np.cumsum(np.bincount(artists, minlength=len(found.names)))
    return Artists(found.names, rows, np.concatenate([[0], ends]), len(written))
