"""Names of albums in queries: "album", or "artist - album" if several artists have an album of this name."""

from __future__ import annotations

from typing import NamedTuple

from skipgramophone.names.artist_credits import is_credited
from skipgramophone.names.normalization import fold_name, split_name


class AlbumName(NamedTuple):
    """The folded name of an album in a query, in two forms: as a whole, and split into artist and album.

    The artist is "" if none is given.
    """

    whole: str
    artist: str
    album: str

    def means(self, artist: str, album: str) -> bool:
        """Whether the name means the album of a track. `artist` and `album`, those of the track, must be folded.

        >>> name = album_name("Ada Fenn - Doors")
        >>> name.means("ada fenn", "doors"), name.means("the hatches", "doors")
        (True, False)
        >>> album_name("doors").means("the hatches", "doors"), album_name("doors").means("ada fenn", "")
        (True, False)
        """
        if not album:
            return False
        return album == self.whole or (album == self.album and is_credited(self.artist, artist))


def album_name(text: str) -> AlbumName:
    """Fold the name of an album in a query, and split it into artist and album."""
    artist, album = split_name(text)
    return AlbumName(fold_name(text), fold_name(artist), fold_name(album))
