"""Search for albums: the tracks of an album, and albums with a similar name."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from skipgramophone.errors import SettingError, UnknownTrackError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.catalogue import Catalogue, Track
from skipgramophone.experiment.condition import Condition
from skipgramophone.experiment.groups import Group, GroupMatch, have_whole_words, meant_group, united
from skipgramophone.experiment.name_search import SHOWN_SUGGESTIONS
from skipgramophone.names.album_names import album_name
from skipgramophone.names.normalization import fold_name, full_name, words_of
from skipgramophone.utf8 import is_utf8

# An unknown name is cut into pieces of two letters each, such as "ab" and "cd" for "abcd". A similar name contains at
# least half of these pieces.
PIECE = 2
MOST_PIECES = 30


class AlbumSearch:
    """Searches the albums of a catalogue."""

    def __init__(self, catalogue: Catalogue, strict: bool = False) -> None:
        """Create a search over the albums of a catalogue; with `strict`, `resolve` accepts only whole names."""
        self._catalogue, self._is_strict = catalogue, strict

    def tracks(self, album: str) -> list[Track]:
        """Return the tracks of the albums called `album`, most frequent first; case and accents do not matter.

        The name may be preceded by the artist, as in "artist - album". If it is, only tracks of this artist are
        returned. But if the whole text is the name of an album, the tracks of that album are returned too.

        Raises:
            SettingError: the catalogue has no albums.
            UnknownTrackError: there is no such album; the candidates are albums with a similar name.
        """
        found = self._find(album)
        if found:
            return found
        raise UnknownTrackError.of("album", album, self.similar(album))

    def resolve(self, album: str) -> GroupMatch:
        """Find the album that a query means: by the whole name, a part of the name, or a name with typos.

        Albums of different artists with the same name count as one, unless the query has the form "artist - album". If
        several albums match and one of them is much more frequent than the others, this one is chosen (see
        `meant_group`). With strict names (--strict-names), only the whole name is accepted.

        Raises:
            SettingError: the catalogue has no albums.
            UnknownTrackError: no album matches; the candidates are albums with a similar name.
            AmbiguousTrackError: several albums match.
        """
        if found := self._find(album):
            return GroupMatch(Group("album", album, sum(track.count for track in found), found[0].row), tuple(found))
        if not self._is_strict and is_utf8(album):
            groups = self._containing_words(album)
            groups = groups if have_whole_words(album, groups) else united(groups, self._misspelt(album))
            if groups:
                return meant_group(album, groups)
        raise UnknownTrackError.of("album", album, self.similar(album))

    def _find(self, album: str) -> list[Track]:
        """Return the tracks of the albums called `album`, as `tracks` does; if there are none, return an empty list."""
        if "album" not in self._catalogue.facts:
            raise SettingError(
                f"cannot find album {album!r}: the sources of this corpus contain no albums; leave the album out"
            )
        name = album_name(album)
        if not name.whole or not is_utf8(album):
            return []
        named = Condition("album_folded IN (?, ?)", [name.whole, name.album])
        tracks = self._catalogue.matching(named)
        return [track for track in tracks if name.means(fold_name(track.artist), fold_name(track.album or ""))]

    def _containing_words(self, album: str) -> list[Group]:
        """Return the albums whose names contain each word of a query, which may have the form "artist - album"."""
        name = album_name(album)
        found = self._albums(words_of(name.whole), by_artist=False)
        if found or not name.artist:
            return found
        words = words_of(name.artist)
        of_artist = self._albums(words_of(name.album), by_artist=True)
        return [group for group in of_artist if all(word in fold_name(group.name) for word in words)]

    def _misspelt(self, album: str) -> list[Group]:
        """Return the albums whose names contain each word of a query, possibly with typos."""
        from skipgramophone.names import typos  # imported here because most look-ups do not need it

        name = album_name(album)
        if found := typos.each_word_near(album, self._sharing_pieces(name.whole)):
            return found
        groups = self._sharing_pieces(name.album, by_artist=True) if name.artist else []
        return typos.each_word_near(f"{name.artist} {name.album}", groups)

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
        groups = self._sharing_pieces(name.whole) or self._sharing_pieces(name.album)
        names = [group.name for group in groups]
        near = typos.nearest_names(album, names) or typos.nearest_names(name.album, names)
        return tuple(near[:SHOWN_SUGGESTIONS])

    def _sharing_pieces(self, folded: str, *, by_artist: bool = False) -> list[Group]:
        """Return the albums whose names contain at least half of the pieces of `folded` (see `PIECE` and `_albums`)."""
        pieces = [folded[at : at + PIECE] for at in range(0, len(folded), PIECE)][:MOST_PIECES]
        return self._albums(pieces, max(1, len(pieces) // 2), by_artist=by_artist)

    def _albums(self, pieces: Sequence[str], least: int | None = None, *, by_artist: bool) -> list[Group]:
        """Return the albums whose names contain at least `least` of the given pieces (default: all of them).

        The result has one entry per album name. With `by_artist`, it has one entry per artist and album, with a name
        of the form "artist - album".
        """
        if not pieces:
            return []
        shared = " + ".join(["(instr(album_folded, ?) > 0)"] * len(pieces))
        artist, per_artist = ("min(artist)", "artist, ") if by_artist else ("''", "")
        found = self._catalogue.query(
            f"SELECT {artist}, min(album), sum(count), min(row) FROM tracks WHERE album_folded IS NOT NULL"
            f" AND {shared} >= ? GROUP BY {per_artist}album_folded",
            [*pieces, len(pieces) if least is None else least],
        )
        if not all(tuple(map(type, fields)) == (str, str, int, int) for fields in found):
            raise self._catalogue.damage("an album or its count has a wrong type")
        return [Group("album", full_name(artist, album), count, row) for artist, album, count, row in found]
