"""Recognize a text that is a list of paths of audio files, as the programs find, dir and mpc write it.

/home/nell/Music/Ada Fenn - Rain.mp3
D:\\Music\\Nell Quay - Salt.flac
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from skipgramophone.names.normalization import split_name
from skipgramophone.playlists.readers.file_names import FileNames
from skipgramophone.wording import Wording

PATH = re.compile(r".*[/\\][^/\\]+\.(?:mp3|m4a|flac|ogg|opus|wav|wma|aac|aiff?)", re.IGNORECASE)
NEARLY_ALL = 0.9
IN_DIRECTORIES = re.compile(r".*[^/\\.][/\\][^/\\]+[/\\][^/\\]+")  # matches Artist/Album/Song.mp3
ARTIST_AND_TITLE = r"sed -E 's,.*/([^/]+)/[^/]+/[0-9]* *-? *([^/]+)[.][^.]+$,\1 - \2,'"


def are_paths(lines: Sequence[str]) -> bool:
    """Whether most lines are paths of audio files with at least one directory."""
    written = [line.strip() for line in lines if line.strip()]
    return 2 * sum(PATH.fullmatch(line) is not None for line in written) > len(written)


def doubt_about_paths(lines: Sequence[str]) -> Wording | None:
    """Return why a list of paths cannot be read as M3U without asking, and what the user can do; None if it can.

    It can be read if nearly all lines are paths, and most file names contain an artist and a title.

    >>> from skipgramophone.wording import COMMAND_LINE
    >>> doubt_about_paths(["a/01 - Ada Fenn - Rain.mp3", "a/02 - Nell - Salt.mp3"])
    >>> doubt_about_paths(["a/Rain.mp3", "a/Salt.mp3"])(COMMAND_LINE)
    'a list of files whose names contain no artist: to read the file names as titles, add --format m3u'
    """
    written = [line.strip() for line in lines if line.strip()]
    if sum(PATH.fullmatch(line) is not None for line in written) < NEARLY_ALL * len(written):
        return lambda named: (
            f"a list of files with other lines among them: keep only the audio files, and add {named('format', 'm3u')}"
        )
    files = FileNames(written)
    if 2 * sum(bool(split_name(files.name_of(line))[0]) for line in written) > len(written):
        return None
    more = ""
    if all("/" in line and IN_DIRECTORIES.fullmatch(line) for line in written):
        more = f"; if the artists are in the directories, write artist and title, for example with {ARTIST_AND_TITLE}"
    return lambda named: (
        "a list of files whose names contain no artist: to read the file names as titles, add "
        f"{named('format', 'm3u')}{more}"
    )
