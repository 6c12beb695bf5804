"""Libraries of music programs: tracks with ids or paths, and playlists that refer to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from skipgramophone.playlists.readers.rows import LeftOut, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile

NO_PLAYLIST = LeftOut("in no playlist")
REPEATED = "a track with the id of another track"
NOT_IN_LIBRARY = "a track that is not in the library"


@dataclass(frozen=True, slots=True)
class LibraryTrack:
    """One track: its line in the file, its names, and why it is left out or rejected from playlists, if it is."""

    line: int
    artist: str
    title: str
    uri: str | None = None
    unused: LeftOut | str | None = None


@dataclass(slots=True)
class LibraryPlaylist:
    """One playlist: its name, the line and key of each track, and why all of them are left out, if they are."""

    name: str
    items: list[tuple[int, str]] = field(default_factory=list)
    left_out: LeftOut | None = None


@dataclass(frozen=True, slots=True)
class Library:
    """The tracks of a library by key, and its playlists."""

    tracks: dict[str, LibraryTrack] = field(default_factory=dict)
    playlists: list[LibraryPlaylist] = field(default_factory=list)
    repeated: list[tuple[str, LibraryTrack]] = field(default_factory=list)  # tracks whose key another track has

    def add(self, key: str, track: LibraryTrack) -> None:
        """Add a track; the first of several with one key counts."""
        if self.tracks.setdefault(key, track) is not track:
            self.repeated.append((key, track))

    def records(self, stream: OpenFile) -> Iterator[Record]:
        """Yield the tracks of each playlist, then the tracks that are in none. Playlists of one name stay separate."""
        listed: set[str] = set()
        for at, playlist in enumerate(self.playlists):
            for line, key in playlist.items:
                listed.add(key)
                track = self.tracks.get(key)
                unused = playlist.left_out or (NOT_IN_LIBRARY if track is None else track.unused)
                record = {"playlist": playlist.name, "key": key} | _names(track)
                if unused or track is None:
                    yield line, record, unused or NOT_IN_LIBRARY
                else:
                    place = f"{stream.file.place}\0{at}"
                    row = Row("", playlist.name, place, artist=track.artist, title=track.title, uri=track.uri)
                    yield line, record, row
        for key, track in self.repeated:
            yield track.line, {"key": key} | _names(track), REPEATED
        for key, track in self.tracks.items():
            if key not in listed:
                yield track.line, {"key": key} | _names(track), NO_PLAYLIST


def _names(track: LibraryTrack | None) -> dict[str, str]:
    """Return the names of a track for a report."""
    return {"artist": track.artist, "title": track.title} if track else {}
