"""The libraries of music programs: tracks with ids or paths, and playlists that refer to tracks by id or path."""

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
    """A track of a library.

    Attributes:
        line: number of the line that contains the track.
        artist: artist of the track.
        title: title of the track.
        uri: uri of the track, or None.
        unused: why the track is left out or rejected where a playlist contains it, or None if it is used.
        album: album of the track, or None.
        location: location of the audio file, or None.
        seconds: duration, or None.
        identifiers: see `names.identifiers.joined`.
    """

    line: int
    artist: str
    title: str
    uri: str | None = None
    unused: LeftOut | str | None = None
    album: str | None = None
    location: str | None = None
    seconds: int | None = None
    identifiers: str | None = None


@dataclass(slots=True)
class LibraryPlaylist:
    """A playlist of a library.

    Attributes:
        name: name of the playlist.
        items: line number and key of each track, in order.
        left_out: why the whole playlist is left out, or None if it is used.
    """

    name: str
    items: list[tuple[int, str]] = field(default_factory=list)
    left_out: LeftOut | None = None


@dataclass(frozen=True, slots=True)
class Library:
    """The library of a music program: its tracks by key (the id or path of the track), and its playlists."""

    tracks: dict[str, LibraryTrack] = field(default_factory=dict)
    playlists: list[LibraryPlaylist] = field(default_factory=list)
    repeated: list[tuple[str, LibraryTrack]] = field(default_factory=list)  # tracks with the key of an earlier track

    def add(self, key: str, track: LibraryTrack) -> None:
        """Add a track; if several tracks have the same key, the first is used."""
        if self.tracks.setdefault(key, track) is not track:
            self.repeated.append((key, track))

    def records(self, stream: OpenFile) -> Iterator[Record]:
        """Yield the tracks of each playlist, then tracks that are rejected or left out.

        A track with the key of an earlier track is rejected, and a track in no playlist is left out. Playlists with the
        same name stay separate.
        """
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
                    row = row._replace(album=track.album, location=track.location, seconds=track.seconds)
                    yield line, record, row._replace(identifiers=track.identifiers)
        for key, track in self.repeated:
            yield track.line, {"key": key} | _names(track), REPEATED
        for key, track in self.tracks.items():
            if key not in listed:
                yield track.line, {"key": key} | _names(track), NO_PLAYLIST


def _names(track: LibraryTrack | None) -> dict[str, str]:
    """Return artist and title of a track, for the raw record of a reject."""
    return {"artist": track.artist, "title": track.title} if track else {}
