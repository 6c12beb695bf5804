"""Read playlists of Windows Media Player and Zune (WPL, ZPL): one playlist per file, named by its title or the file.

    <?wpl version="1.0"?>
    <smil><head><title>Kitchen</title></head><body><seq>
      <media src="..\\Nell Quay\\Boats\\03 Paper Boats.mp3"/>
      <media src="b.wma" trackTitle="Tide" trackArtist="The Hatches" albumTitle="Sea"/>      (only Zune)

Without a title, the name of a track is taken from the name of its file, as in M3U. Paths are kept as locations and
never opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from skipgramophone.errors import FormatError
from skipgramophone.names.normalization import split_name
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.durations import whole_seconds
from skipgramophone.playlists.readers.file_locations import location_of
from skipgramophone.playlists.readers.file_names import FileNames
from skipgramophone.playlists.readers.rows import Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.xml_documents import read_elements
from skipgramophone.settings import ExtractSettings

ROOT = "smil"
TITLE, MEDIA = (ROOT, "head", "title"), (ROOT, "body", "seq", "media")


def read_wpl(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of a file, which is one playlist.

    Raises:
        SourceError: the file is not a playlist of Windows Media Player.
    """
    what = "a playlist of Windows Media Player"
    playlist = PurePosixPath(stream.file.name).stem
    tracks: list[tuple[int, dict[str, str]]] = []
    for element in read_elements(stream, what, lambda path: path in ((ROOT,), MEDIA)):
        if element.path[0] != ROOT:
            raise FormatError(f"{stream.file.display_name} is not {what}: its root is {element.path[0]!r}")
        if element.path == TITLE and element.ends:
            playlist = element.text or playlist
        elif element.path == MEDIA and not element.ends:
            tracks.append((element.line, element.attributes))
    files = FileNames(track.get("src", "") for _, track in tracks)
    for line, track in tracks:
        path = track.get("src", "")
        names = track.get("trackArtist", ""), track.get("trackTitle", "")
        artist, title = names if names[1] else split_name(files.name_of(path))
        row = Row("", playlist, stream.file.place, artist=artist, title=title, location=location_of(path, stream.file))
        seconds = whole_seconds(track.get("duration", ""), 1000)
        yield line, {**track}, row._replace(seconds=seconds, album=album_of(track.get("albumTitle")))
