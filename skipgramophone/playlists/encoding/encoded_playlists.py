"""The result of encoding: numbered tracks and playlists, and counts for the report of an extraction."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.postings import Postings, build_postings
from skipgramophone.playlists.encoding.identifier_matching import Matching
from skipgramophone.playlists.encoding.numbering import take_codes
from skipgramophone.playlists.encoding.track_identifiers import TrackIdentifiers
from skipgramophone.playlists.readers.rows import Reject

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PlaylistCounts:
    """Counts that depend on the order of the tracks in each playlist, or on their repeats.

    Attributes:
        sorted_by_title: number of playlists with `SORTABLE_LENGTH` or more tracks whose titles are in code-point order.
        sortable: number of playlists with `SORTABLE_LENGTH` or more tracks.
        repeats: number of occurrences whose track occurs earlier in the same playlist.
        same_tracks: number of playlists with the same tracks as an earlier one, in any order.
    """

    sorted_by_title: int
    sortable: int
    repeats: int
    same_tracks: int


@dataclass(frozen=True, slots=True)
class EncodedPlaylists:
    """The encoded tracks and playlists of all rows, with counts for the report.

    Attributes:
        tracks: one row per track, by descending count. Columns: artist, title and uri as first read; count;
            first_place; location and seconds, if any row has them. `first_place` is the row number of the first
            occurrence, from 1; rows that name no track are not counted.
        spellings: other spellings of tracks. Columns: row, artist, title, count.
        uris: other uris of tracks, if uris were merged. Columns: uri, row.
        identifiers: identifiers of tracks, if any row has them.
        playlists: one row per playlist. Columns: owner, name, key (null if owner and name identify the playlist).
        first_rows: int64 (playlists,), first row of each playlist, counted like `first_place` but from 0.
        last_rows: int64 (playlists,), last row of each playlist, counted in the same way.
        track_ids: int32 (occurrences,), track ids of all playlists, concatenated.
        offsets: int64 (playlists + 1,), bounds of the playlists in `track_ids`.
        without_artist: number of rows with an empty artist.
        namesakes: number of tracks that share artist and title with a more frequent track.
        most_namesakes: the names with the largest number of tracks, each as artist, title and number of tracks with
            this name.
        left_out: number of rows that readers left out or cleaning dropped, by reason.
        split: number of playlists that were split.
        welded: number of playlists that were merged with another owner's playlist of the same name.
        rejects: the rejected input records.
        counts: more counts; they may still be being computed in a thread.
        held_out: table (like `playlists`) and corpus of the held-out playlists, or None. Counts of playlists and
            occurrences exclude these playlists, so a track that occurs only in them has the count 0.
        matching: the tracks that were merged by identifiers; None if the settings do not match tracks.
        known_postings: the playlists that contain each track, which may still be being computed in a thread; None if
            they have not been started.
    """

    tracks: pa.Table
    spellings: pa.Table
    uris: pa.Table
    identifiers: TrackIdentifiers
    playlists: pa.Table
    first_rows: Ids
    last_rows: Ids
    track_ids: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    without_artist: int
    namesakes: int
    most_namesakes: list[tuple[str, str, int]]
    left_out: dict[str, int]
    split: int
    welded: int
    rejects: list[Reject]
    counts: Future[PlaylistCounts]
    held_out: tuple[pa.Table, Corpus] | None = None
    matching: Matching | None = None
    known_postings: Future[Postings] | None = None

    @property
    def corpus(self) -> Corpus:
        """The playlists as a corpus."""
        return Corpus(self.track_ids, self.offsets)

    @property
    def postings(self) -> Postings:
        """The playlists that contain each track."""
        if self.known_postings:
            return self.known_postings.result()
        return build_postings(self.corpus, self.tracks.num_rows)

    def set_aside(self, held_out: npt.NDArray[np.bool_]) -> EncodedPlaylists:
        """Return a copy in which the marked playlists are held out; `held_out` is bool (playlists,)."""
        aside, stay = np.flatnonzero(held_out), np.flatnonzero(~held_out)
        corpus = self.corpus.playlists(stay)
        counts = pa.array(corpus.counts(self.tracks.num_rows))
        return replace(
            self,
            tracks=self.tracks.set_column(3, "count", counts),
            playlists=self.playlists.take(pa.array(stay)),
            first_rows=self.first_rows[stay],
            last_rows=self.last_rows[stay],
            track_ids=corpus.track_ids,
            offsets=corpus.offsets,
            held_out=(self.playlists.take(pa.array(aside)), self.corpus.playlists(aside)),
            known_postings=None,
        )

    def renumbered(self, row: Ids) -> EncodedPlaylists:
        """Return a copy with other track ids; `row` is a permutation, int64 (tracks,): old id -> new id."""
        spelt = self.spellings.set_column(0, "row", pa.array(row[self.spellings["row"].to_numpy()]))
        return replace(
            self,
            tracks=self.tracks.take(pa.array(np.argsort(row))),
            spellings=spelt.take(pa.array(np.argsort(spelt["row"].to_numpy(), kind="stable"))),
            uris=self.uris.set_column(1, "row", pa.array(row[self.uris["row"].to_numpy()])),
            identifiers=self.identifiers.renumbered(row),
            track_ids=take_codes(row.astype(np.int32), self.track_ids),
            known_postings=None,
        )
