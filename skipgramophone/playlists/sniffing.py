"""Which format a file is in, by its first bytes: a name says little about what somebody exported.

Only a playlist of bare paths has nothing but its name to be known by.
"""

from __future__ import annotations

import re

from skipgramophone.errors import SourceError
from skipgramophone.playlists.exportify import is_header
from skipgramophone.playlists.files import SourceFile
from skipgramophone.playlists.zenodo import columns_of
from skipgramophone.settings import FORMATS, Format

ID = re.compile(r"[^\s,;\"']*\d[^\s,;\"']*")


def recognised(file: SourceFile, head: bytes) -> Format:
    """Name the format of a file that begins with `head`.

    Raises:
        SourceError: it is in none that sgp reads.
    """
    first = head.split(b"\n", 1)[0].removesuffix(b"\r")
    if b"\0" in first:
        raise SourceError(f"{file.called} is a binary file that sgp does not read")
    header = first.decode("utf-8", "replace")
    if columns_of(header) is not None:
        return "zenodo"
    if is_header(header.removeprefix("\ufeff")):
        return "exportify"
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and b'"playlists"' in head:
        return "mpd"
    if header.removeprefix("\ufeff").startswith("#EXTM3U") or file.name.lower().endswith((".m3u", ".m3u8")):
        return "m3u"
    if _holds_ids(head.decode("utf-8", "replace").splitlines()):
        return "sessions"
    raise SourceError(
        f"{file.called} is in no format that sgp knows (its first line is {_shortened(header)!r}); "
        f"name one with --format: {', '.join(FORMATS)}"
    )


def _holds_ids(lines: list[str]) -> bool:
    """Whether most words of the lines could be ids: they hold a digit and nothing that stands between fields."""
    words = [word for line in lines[:100] for word in line.split()]
    return len(words) > len(lines[:100]) and sum(map(bool, map(ID.fullmatch, words))) > 0.9 * len(words)


def _shortened(header: str) -> str:
    """The start of a line, enough to recognise it."""
    return header if len(header) <= 60 else header[:57] + "..."
