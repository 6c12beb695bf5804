"""Reads the locations (paths and URLs) of files in playlists, so that results can refer to the same files.

A relative path is changed so that it is relative to the directory that contains the source. For example, the entry
`../Fenn/door.ogg` of the file `lists/a.m3u8` in the source `lists` becomes `Fenn/door.ogg`. Absolute paths and URLs do
not change. No file is opened.
"""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote, urlsplit

from skipgramophone.playlists.file_paths import is_absolute
from skipgramophone.playlists.readers.source_files import SourceFile
from skipgramophone.playlists.readers.track_uris import service_uri

WITH_DRIVE = re.compile(r"/[A-Za-z]:/")  # path of the uri file:///C:/Music/a.mp3
SUFFIX = re.compile(r"\.[A-Za-z0-9]{2,4}$")


def location_of(path: str, file: SourceFile) -> str | None:
    """Return the location that a path in a playlist refers to, or None for other strings, such as names."""
    if service_uri(path) or not (SUFFIX.search(path) or "/" in path or "\\" in path):
        return None
    if is_absolute(path):
        return path
    path = path.replace("\\", "/") if "/" not in path else path  # a relative Windows path
    place = file.member if file.member is not None else file.name
    return posixpath.normpath(posixpath.join(posixpath.dirname(place), path))


def location_of_uri(text: str, file: SourceFile) -> str | None:
    """Return the location that a uri refers to, or None; a `file:` uri becomes a path, which may be a Windows path."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme == "file":
        path = unquote(parts.path)
        if parts.netloc not in ("", "localhost"):
            return f"//{parts.netloc}{path}"  # a file on another computer
        return (path[1:] if WITH_DRIVE.match(path) else path) or None
    return location_of(unquote(text) if "://" not in text else text, file)
