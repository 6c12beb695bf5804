"""Reads the plays of a listening history in order of time, for queries."""

from __future__ import annotations

import re
from pathlib import Path

from skipgramophone.errors import SourceError, UnknownFormatError
from skipgramophone.playlists.playlist_file import NamedTrack, named_tracks
from skipgramophone.settings import ExtractSettings
from skipgramophone.wording import plural

MINUTE = re.compile(r"\d+-\d\d-\d\d \d\d:\d\d")  # matches the name that `histories` gives to a session
# Session gap of one second. With such a short gap, a session is usually a single play, and the name of the session (the
# minute of its start) is the time of this play.
SHORT_GAP = "1s"


def read_plays(path: Path) -> list[NamedTrack]:
    """Read the plays of one listener's history, oldest first, in any format that `extract` reads.

    Files without times, such as playlists in the same directory, are skipped.

    Raises:
        SourceError: the file cannot be read, contains no plays with times, or contains the plays of several listeners.
        StorageError: the file system failed.
    """
    # Imported here, because most look-ups do not need pyarrow.
    from skipgramophone.playlists.readers.source_files import regular_file
    from skipgramophone.playlists.sources import open_sources

    plays: list[tuple[str, NamedTrack]] = []
    listeners = set()
    with regular_file(path) as place:
        try:
            readers = open_sources([place], ExtractSettings(session_gap=SHORT_GAP)).readers
        except UnknownFormatError as error:
            raise SourceError(f"{path} is not a listening history in a format that sgp knows") from error
        for reader in readers:
            for block in reader.blocks():
                columns = [block.table[name].to_pylist() for name in ("owner", "playlist")]
                for owner, session, track in zip(*columns, named_tracks(block), strict=True):
                    if MINUTE.fullmatch(session):
                        listeners.add(owner)
                        plays.append((session, track))
    if not plays:
        raise SourceError(f"{path} is not a listening history: it has no times of plays. Use --file for a playlist")
    if len(listeners) > 1:
        number = plural(len(listeners), "listener")
        raise SourceError(f"{path} has the plays of {number}: give the history of one listener")
    # The sort is stable, so plays in the same minute keep their order.
    plays.sort(key=lambda play: play[0].zfill(len("2000-01-01 00:00")))
    return [track for _, track in plays]
