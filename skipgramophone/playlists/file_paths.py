"""Converts paths in playlists, so that a player can resolve them from the directory of the playlist."""

from __future__ import annotations

import os
import re
from pathlib import Path

ABSOLUTE = re.compile(r"/|[A-Za-z]:[\\/]|\\\\|[A-Za-z][A-Za-z0-9+.-]*://")
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def is_absolute(location: str) -> bool:
    """Whether a location is an absolute path (including Windows paths) or a URL."""
    return ABSOLUTE.match(location) is not None


def relocated(location: str, files_from: Path, playlist_in: Path) -> str:
    """Return a location as it must be written into a playlist.

    Args:
        location: an absolute path or URL, which is returned unchanged, or a path relative to `files_from`.
        files_from: the directory that contains the source of the location.
        playlist_in: the directory of the playlist.

    >>> relocated("Fenn/door.ogg", Path("/music"), Path("/music/lists"))
    '../Fenn/door.ogg'
    """
    return location if is_absolute(location) else os.path.relpath(files_from / location, playlist_in)


def is_missing(location: str, playlist_in: Path) -> bool:
    """Whether a location in a playlist is a local path to a file that does not exist."""
    if ADDRESS.match(location) or (is_absolute(location) and not location.startswith("/")):
        return False
    try:
        return not (playlist_in / location).is_file()
    except (OSError, ValueError):  # The system does not allow such a file name.
        return True
