"""Derives the names of tracks in playlist files from the names of their audio files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from skipgramophone.names.normalization import SEPARATOR
from skipgramophone.playlists.readers.file_locations import SUFFIX

TRACK_NUMBER = re.compile(r"\d{1,3}(?:\.? - |\. ?| )(?=\S)")
PADDED_TRACK_NUMBER = re.compile(r"0\d{1,2}(?:\.? - |\. ?| )(?=\S)")


class FileNames:
    """The names of tracks in one playlist file.

    The number of a track on its album is not part of its artist: "03 - Ada Fenn - Green Door" is "Ada Fenn - Green
    Door". A number without a leading zero, as in "50 Cent - In da Club", is treated in this way only if more than two
    thirds of the names begin with a number. A name without " - " has no artist, and keeps its number.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        """Find out whether more than two thirds of the file names in these paths or URLs begin with a track number."""
        names = [name_at_end(path) for path in paths]
        numbered = sum(TRACK_NUMBER.match(name) is not None for name in names)
        self._number = TRACK_NUMBER if 3 * numbered > 2 * len(names) else PADDED_TRACK_NUMBER

    def name_of(self, path: str) -> str:
        """Return the name of a track.

        >>> FileNames(["a/01 - Home.ogg"]).name_of("a/02 - Salt.ogg"), FileNames([]).name_of("b/07 echoes.mp3")
        ('Salt', '07 echoes')
        """
        name = name_at_end(path)
        return self._number.sub("", name, count=1) if SEPARATOR in name and self._number.match(name) else name


def name_at_end(path: str) -> str:
    """Return the file name at the end of a path or URL, without its suffix."""
    if "://" in path:
        path = unquote(path)
    return SUFFIX.sub("", re.split(r"[/\\]", path.rstrip("/\\"))[-1])
