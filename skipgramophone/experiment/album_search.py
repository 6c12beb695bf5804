"""Search for albums: the tracks of an album, and albums with a similar name."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from skipgramophone.errors import SettingError, UnknownTrackError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.catalogue import Catalogue, Condition, Track
from skipgramophone.experiment.name_search import SHOWN_SUGGESTIONS
from skipgramophone.names.album_names import album_name
from skipgramophone.names.normalization import fold_name
from skipgramophone.utf8 import is_utf8

PIECE = 2  # letters per piece; an unknown name is split into pieces, and a similar name contains at least half of them
MOST_PIECES = 30


class AlbumSearch:
    """Searches the albums of a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def tracks(self, album: str) -> list[Track]:
        """Return the tracks of the albums called `album`, most frequent first; case and accents do not matter.

        The name may be preceded by the artist, as in "artist - album". Then only tracks of this artist are returned,
        unless the whole text is also the name of an album.

        Raises:
            SettingError: the catalogue has no albums.
            UnknownTrackError: there is no such album; the candidates are albums with a similar name.
        """
        if "album" not in self._catalogue.facts:
            raise SettingError(
                f"cannot find album {album!r}: the sources of this corpus contain no albums; leave it out"
            )
        name = album_name(album)
        found: list[Track] = []
        if name.whole and is_utf8(album):
            named = Condition("album_folded IN (?, ?)", [name.whole, name.album])
            tracks = self._catalogue.matching(named)
            found = [track for track in tracks if name.means(fold_name(track.artist), fold_name(track.album or ""))]
        if found:
            return found
        raise UnknownTrackError.of("album", album, self.similar(album))

    def require(self, albums: Collection[str]) -> None:
        """Verify that each album is known.

        Raises:
            SettingError: the catalogue has no albums.
            UnknownTrackError: an album is unknown; the candidates are albums with a similar name.
        """
        for album in albums:
            self.tracks(album)

    def rows(self, albums: Collection[str]) -> Rows:
        """Return the rows of all tracks in the given albums, int64."""
        return np.array([track.row for album in albums for track in self.tracks(album)], np.int64)

    def similar(self, album: str) -> tuple[str, ...]:
        """Return the albums whose names are most similar to an unknown name, most similar first."""
        from skipgramophone.names import typos  # imported here because most look-ups do not need it

        name = album_name(album)
        names = self._sharing_pieces(name.whole) or self._sharing_pieces(name.album)
        near = typos.nearest_names(album, names) or typos.nearest_names(name.album, names)
        return tuple(near[:SHOWN_SUGGESTIONS])

    def _sharing_pieces(self, folded: str) -> list[str]:
        """Return albums whose names contain at least half of the two-letter pieces of `folded`; one spelling each."""
        pieces = [folded[at : at + PIECE] for at in range(0, len(folded), PIECE)][:MOST_PIECES]
        shared = " + ".join(["(instr(album_folded, ?) > 0)"] * len(pieces)) or "0"
        similar = f"album_folded IS NOT NULL AND {shared} >= ?"
        least = max(1, len(pieces) // 2)
        found = self._catalogue.query(
            f"SELECT min(album) FROM tracks WHERE {similar} GROUP BY album_folded", [*pieces, least]
        )
        if not all(isinstance(album, str) for (album,) in found):
            raise self._catalogue.damage("an album has a wrong type")
        return [album for (album,) in found]
