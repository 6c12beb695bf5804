"""The existing rows of a growing corpus, stored as tracks, playlists and track ids.

The encoder replaces the values of each column by numbers, which are called codes. It encodes each track and each
playlist of the existing corpus only once, because there are far fewer tracks and playlists than rows. This module then
expands the codes to all rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from skipgramophone.experiment.arrays import scratch
from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.experiment.catalogue import FACTS
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.playlists.encoding.numbering import Codes, is_constant, row_slices
from skipgramophone.playlists.readers.rows import IDENTIFIERS

TRACK_COLUMNS = ("artist", "title", "uri")
OPTIONAL = (*FACTS, IDENTIFIERS)  # columns of tracks that few formats contain
PLAYLIST_COLUMNS = {"owner": "owner", "playlist": "name", "key": "key"}


@dataclass(frozen=True, slots=True)
class KnownRows:
    """The rows of a corpus, playlist by playlist.

    Attributes:
        tracks: one row per track; the columns of `TRACK_COLUMNS`, and those of `OPTIONAL` that the corpus has.
        playlists: owner, name and key of each playlist.
        corpus: the playlists.
        spellings: other spellings of the tracks: row, artist, title.
        uris: other uris of the tracks: uri, row.
        unlisted: number of playlists of the corpus that are not in `playlists`; they are numbered before new playlists.
    """

    tracks: pa.Table
    playlists: pa.Table
    corpus: Corpus
    spellings: pa.Table
    uris: pa.Table
    unlisted: int = 0

    @property
    def columns(self) -> dict[str, pa.Array]:
        """Return the columns for the encoder, with one value per track or, for columns of playlists, per playlist."""
        columns = {name: self.tracks[name] for name in TRACK_COLUMNS}
        unknown = pa.chunked_array([pa.nulls(self.tracks.num_rows, TEXT)])
        columns |= {name: self.tracks[name] if name in self.tracks.column_names else unknown for name in OPTIONAL}
        columns |= {column: self.playlists[name] for column, name in PLAYLIST_COLUMNS.items()}
        return {name: column.combine_chunks().cast(TEXT) for name, column in columns.items()}

    def by_track(self, codes: Codes) -> Codes:
        """Return one code per row; `codes` contains one code per known track, followed by one code per new row."""
        return self._expanded(codes, self.tracks.num_rows, self.corpus.track_ids)

    def by_playlist(self, codes: Codes) -> Codes:
        """Return one code per row; `codes` contains one code per known playlist, followed by one code per new row."""
        playlist = np.repeat(np.arange(len(self.corpus), dtype=np.int32), self.corpus.lengths())
        return self._expanded(codes, self.playlists.num_rows, playlist)

    def _expanded(self, codes: Codes, distinct: int, places: Codes) -> Codes:
        """Return the codes of the known rows, followed by the codes of the new rows.

        Args:
            codes: one code for each known track or playlist, followed by one code for each new row.
            distinct: number of known tracks or playlists.
            places: for each known row, the index of its track or playlist in `codes`.
        """
        known = len(places)
        if is_constant(codes):  # no row has a value
            return np.broadcast_to(codes[:1], known + len(codes) - distinct)
        expanded = scratch(known + len(codes) - distinct, np.int32)
        own = np.asarray(codes[:distinct])
        for part in row_slices(known):
            expanded[part] = own[places[part]]
        expanded[known:] = codes[distinct:]
        return expanded
