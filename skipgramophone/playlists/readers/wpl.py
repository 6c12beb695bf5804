"""Read playlists of Windows Media Player and Zune (WPL, ZPL): one playlist per file, named by its title or the file.

    <?wpl version="1.0"?>
    <smil><head><title>Kitchen</title></head><body><seq>
      <media src="..\\Nell Quay\\Boats\\03 Paper Boats.mp3"/>
      <media src="b.wma" trackTitle="Tide" trackArtist="The Hatches" albumTitle="Sea"/>      (only Zune)

Without a title, the name of a track is taken from the name of its file, as in M3U.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.durations import whole_seconds
from skipgramophone.playlists.readers.file_entries import FileEntry, records_of
from skipgramophone.playlists.readers.rows import Record
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.xml_documents import read_elements, require_root
from skipgramophone.settings import ExtractSettings

ROOT = "smil"
TITLE, MEDIA = (ROOT, "head", "title"), (ROOT, "body", "seq", "media")
MILLISECONDS = 1000  # milliseconds per second; WPL stores durations in milliseconds


def read_wpl(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of a file, which is one playlist.

    Raises:
        SourceError: the file is not a playlist of Windows Media Player.
    """
    what = "a playlist of Windows Media Player"
    playlist = PurePosixPath(stream.file.name).stem
    entries: list[FileEntry] = []
    for element in read_elements(stream, what, lambda path: path in ((ROOT,), MEDIA)):
        require_root(element, (ROOT,), stream, what)
        if element.path == TITLE and element.ends:
            playlist = element.text or playlist
        elif element.path == MEDIA and not element.ends:
            entries.append(_entry(element.line, element.attributes))
    return records_of(entries, stream, playlist)


def _entry(line: int, media: dict[str, str]) -> FileEntry:
    """Return the entry that the attributes of an element describe."""
    return FileEntry(
        line,
        {**media},
        media.get("src", ""),
        artist=media.get("trackArtist", ""),
        title=media.get("trackTitle", ""),
        seconds=whole_seconds(media.get("duration", ""), MILLISECONDS),
        album=album_of(media.get("albumTitle")),
    )
