"""Read playlists of Jellyfin and Emby (playlist.xml): one playlist per file, named by its title or the file.

    <Item><LocalTitle>Kitchen</LocalTitle><OwnerUserId>0f47...</OwnerUserId><PlaylistItems>
      <PlaylistItem><Path>/music/Nell Quay/Boats/03 - Paper Boats.flac</Path></PlaylistItem> ...
    </PlaylistItems><PlaylistMediaType>Audio</PlaylistMediaType></Item>

The name of a track is taken from the name of its file, as in M3U. The owner is the id of the user. Playlists of videos
are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from skipgramophone.playlists.readers.file_entries import FileEntry, records_of
from skipgramophone.playlists.readers.rows import LeftOut, Record
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.xml_documents import read_elements, require_root
from skipgramophone.settings import ExtractSettings

ROOT = "Item"
PATH = (ROOT, "PlaylistItems", "PlaylistItem", "Path")
VIDEO = "Video"
VIDEOS = LeftOut("videos")


def read_jellyfin(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks of a file, which is one playlist.

    Raises:
        SourceError: the file is not a playlist of Jellyfin.
    """
    what = "a playlist of Jellyfin or Emby"
    entries: list[FileEntry] = []
    about: dict[str, str] = {}  # name of an element of the playlist -> its text
    for element in read_elements(stream, what, lambda path: path == (ROOT,)):
        require_root(element, (ROOT,), stream, what)
        if element.path == PATH:
            entries.append(FileEntry(element.line, {"path": element.text}, element.text))
        elif len(element.path) == 2:
            about.setdefault(element.path[1], element.text)
    if about.get("PlaylistMediaType") == VIDEO:
        return ((entry.line, entry.raw, VIDEOS) for entry in entries)
    playlist = about.get("LocalTitle") or PurePosixPath(stream.file.name).stem
    return records_of(entries, stream, playlist, about.get("OwnerUserId", ""))
