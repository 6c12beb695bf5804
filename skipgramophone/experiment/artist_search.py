"""Search for artists: the tracks that credit an artist, and artists with a similar name."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from skipgramophone.errors import UnknownTrackError
from skipgramophone.experiment.catalogue import Catalogue, Condition, Track
from skipgramophone.experiment.name_search import SHOWN_SUGGESTIONS, NameSearch
from skipgramophone.names.artist_credits import is_credited
from skipgramophone.names.normalization import fold_name
from skipgramophone.utf8 import is_utf8

MOST_COMPARED = 1000  # maximum number of tracks whose artists are compared with an unknown name


class ArtistSearch:
    """Searches the artists of a catalogue."""

    def __init__(self, catalogue: Catalogue, names: NameSearch) -> None:
        self._catalogue, self._names = catalogue, names

    def tracks(self, artist: str) -> list[Track]:
        """Return the tracks that credit an artist, alone or with others, most frequent first.

        Case and accents do not matter. "A & B" credits A only if another track credits A without "& B".

        Raises:
            UnknownTrackError: no track credits the artist; the candidates are similar artists.
        """
        found = self.find(artist)
        if found:
            return found
        raise UnknownTrackError.of("artist", artist, self.similar(artist))

    def find(self, artist: str) -> list[Track]:
        """Return the tracks that credit an artist, as `tracks` does, but return an empty list if there are none."""
        folded = fold_name(artist)
        if not folded or not is_utf8(artist):
            return []
        tracks = self._catalogue.matching(self._containing(folded))
        return _crediting(folded, tracks, loosely=False) and _crediting(folded, tracks, loosely=True)

    def require(self, artists: Collection[str]) -> None:
        """Verify that each artist is credited on some track.

        Raises:
            UnknownTrackError: an artist is unknown; the candidates are similar artists.
        """
        for artist in artists:
            self.tracks(artist)

    def similar(self, artist: str) -> tuple[str, ...]:
        """Return the artists whose names are most similar to the unknown name `artist`, most similar first."""
        from skipgramophone.names import typos  # imported here because most look-ups do not need it

        found, _ = self._names.find(artist, MOST_COMPARED)
        tracks = found or [track for some in self._names.misspelt(artist) for track in some]
        names = dict.fromkeys(track.artist for track in tracks if track.artist)
        return tuple(typos.nearest_names(artist, list(names))[:SHOWN_SUGGESTIONS])

    def _containing(self, folded: str) -> Condition:
        """Return an SQL condition for tracks whose folded name contains the folded name of an artist."""
        if any(len(word) > 2 for word in folded.split()):
            return self._names.containing(folded)
        return Condition("instr(tracks.name_folded, ?) > 0", [folded])


def _crediting(folded: str, tracks: Iterable[Track], loosely: bool) -> list[Track]:
    """Return the tracks that credit the artist with the folded name `folded`; see `is_credited` for `loosely`."""
    return [track for track in tracks if is_credited(folded, fold_name(track.artist), loosely)]
