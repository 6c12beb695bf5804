"""The rows of a corpus that grows, in the form in which it holds them: tracks, playlists, and track ids.

The encoder needs the columns of each row. Their distinct values are those of the tracks and the playlists, which are
far fewer than the rows, so that only these are numbered.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from skipgramophone.experiment.arrays import scratch
from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.experiment.catalogue import FACTS
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.playlists.numbering import Codes, row_slices

TRACK_COLUMNS = ("artist", "title", "uri")
PLAYLIST_COLUMNS = {"owner": "owner", "playlist": "name", "key": "key"}


@dataclass(frozen=True, slots=True)
class KnownRows:
    """Rows of a corpus, one playlist after the other.

    Attributes:
        tracks: the columns of `TRACK_COLUMNS`, and those of `FACTS` that the corpus has, one row per track.
        playlists: owner, name and key of each playlist.
        corpus: the playlists.
    """

    tracks: pa.Table
    playlists: pa.Table
    corpus: Corpus

    @property
    def columns(self) -> dict[str, pa.Array]:
        """Return the columns of the encoder: those of tracks have one value per track, the others one per playlist."""
        columns = {name: self.tracks[name] for name in TRACK_COLUMNS}
        unknown = pa.chunked_array([pa.nulls(self.tracks.num_rows, TEXT)])
        columns |= {name: self.tracks[name] if name in self.tracks.column_names else unknown for name in FACTS}
        columns |= {column: self.playlists[name] for column, name in PLAYLIST_COLUMNS.items()}
        return {name: column.combine_chunks().cast(TEXT) for name, column in columns.items()}

    def by_track(self, codes: Codes) -> Codes:
        """Return the codes of all rows; `codes` are those of the tracks, followed by those of other rows."""
        return self._expanded(codes, self.tracks.num_rows, self.corpus.track_ids)

    def by_playlist(self, codes: Codes) -> Codes:
        """Return the codes of all rows; `codes` are those of the playlists, followed by those of other rows."""
        playlist = np.repeat(np.arange(len(self.corpus), dtype=np.int32), self.corpus.lengths())
        return self._expanded(codes, self.playlists.num_rows, playlist)

    def _expanded(self, codes: Codes, distinct: int, places: Codes) -> Codes:
        """Return the codes at some places, followed by those after the first `distinct`."""
        known = len(places)
        expanded = scratch(known + len(codes) - distinct, np.int32)
        own = np.asarray(codes[:distinct])
        for part in row_slices(known):
            expanded[part] = own[places[part]]
        expanded[known:] = codes[distinct:]
        return expanded
