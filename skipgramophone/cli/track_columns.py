"""The columns of a table that say which track a row describes: artist, title and uri."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skipgramophone.experiment.catalogue import Track


@dataclass(frozen=True, slots=True)
class TrackColumns:
    """The columns that name the tracks of a table.

    Attributes:
        has_artists: whether there is a column for the artist; not if no track has an artist.
        has_uris: whether there is a column for the uri. It appears if the names alone do not identify the tracks: no
            track has an artist, or different tracks have the same name.
    """

    has_artists: bool
    has_uris: bool

    @property
    def headings(self) -> list[tuple[str, str]]:
        """Heading and kind of each column, for `render.listing`."""
        artist, uri = [("artist", "text")] * self.has_artists, [("uri", "text")] * self.has_uris
        return [*artist, ("title", "text"), *uri]

    def cells(self, track: Track) -> list[str]:
        """Return the table cells of a track."""
        return [*([track.artist] * self.has_artists), track.title, *([track.uri or ""] * self.has_uris)]

    def name_of(self, track: Track) -> str:
        """Return the name of a track, followed by its uri if there is a column for it."""
        return f"{track.name} ({track.uri})" if self.has_uris and track.uri else track.name


def track_columns(tracks: Iterable[Track]) -> TrackColumns:
    """Return the columns for a table of tracks; the same track may occur several times."""
    tracks = list(tracks)
    has_artists = not tracks or any(track.artist for track in tracks)
    different = {(track.name, track.uri) for track in tracks}
    names_repeat = len({name for name, _ in different}) < len(different)
    # In a corpus without names, the uri is also the title, so a column of uris would only repeat the titles.
    adds_something = any(track.uri and track.uri != track.title for track in tracks)
    return TrackColumns(has_artists, adds_something and (names_repeat or not has_artists))
