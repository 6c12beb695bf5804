"""Read lists of uris and links of tracks, one per line: one playlist per file, named after the file.

    spotify:track:1111111111111111111111
    https://open.spotify.com/track/2222222222222222222222?si=x

The uri of a track is also its title. Links to playlists, albums and artists are rejected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from skipgramophone.playlists.readers.histories import EPISODE
from skipgramophone.playlists.readers.lines import numbered_lines
from skipgramophone.playlists.readers.rows import Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.track_uris import EPISODE_URI, service_uri
from skipgramophone.settings import ExtractSettings


def are_uris(lines: Sequence[str]) -> bool:
    """Whether nearly all of the first lines are uris or links of tracks."""
    written = [line for line in lines[:100] if line.strip()]
    return bool(written) and sum(service_uri(line) is not None for line in written) > 0.9 * len(written)


def read_uris(stream: OpenFile, settings: ExtractSettings) -> Iterator[Record]:
    """Yield each line of a file as a track of one playlist."""
    playlist = PurePosixPath(stream.file.name).stem
    for number, line, fault in numbered_lines(stream):
        uri = None if fault else service_uri(line)
        if fault or not line.strip():
            yield number, line, fault or "blank line"
        elif uri is None:
            yield number, line, "neither the uri nor the link of a track"
        elif uri.startswith(EPISODE_URI) and "episodes" not in (settings.keep or ()):
            yield number, line, EPISODE
        else:
            yield number, line, Row("", playlist, stream.file.place, artist="", title=uri, uri=uri)
