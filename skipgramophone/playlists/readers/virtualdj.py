"""Read folders of songs of VirtualDJ (.vdjfolder): one playlist per file, named by the file.

    <VirtualFolder noDuplicates="no" ordered="yes">
      <song path="C:\\Music\\boats.mp3" songlength="214" artist="Nell Quay" title="Paper Boats" remix="Dub" idx="0" />
    </VirtualFolder>

Without a title, the name of a track is taken from the name of its file, as in M3U. A remix is added to the title.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from skipgramophone.playlists.readers.durations import whole_seconds
from skipgramophone.playlists.readers.file_entries import FileEntry, records_of
from skipgramophone.playlists.readers.rows import Record
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.xml_documents import read_elements, require_root
from skipgramophone.settings import ExtractSettings

ROOT = "VirtualFolder"
SONG = (ROOT, "song")


def read_virtualdj(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the songs of a file, which is one playlist, in the order of the file.

    Raises:
        SourceError: the file is not a folder of VirtualDJ.
    """
    what = "a folder of VirtualDJ"
    entries: list[FileEntry] = []
    for element in read_elements(stream, what, lambda path: path == (ROOT,)):
        require_root(element, (ROOT,), stream, what)
        if element.path == SONG:
            entries.append(_entry(element.line, element.attributes))
    return records_of(entries, stream, PurePosixPath(stream.file.name).stem)


def _entry(line: int, attributes: Mapping[str, str]) -> FileEntry:
    """Return the entry that a song describes."""
    path, artist, title, remix = (attributes.get(name, "").strip() for name in ("path", "artist", "title", "remix"))
    seconds = whole_seconds(attributes.get("songlength", ""))
    name = f"{title} ({remix})" if title and remix else title
    return FileEntry(line, dict(attributes), path, artist=artist, title=name, seconds=seconds)
