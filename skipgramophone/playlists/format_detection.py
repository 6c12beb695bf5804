"""Detection of a file's format from its first bytes.

File names are not used, because exports can have any name. The exception is an M3U playlist without a header, which
only its suffix identifies.
"""

from __future__ import annotations

import re

from skipgramophone.errors import UnknownFormatError
from skipgramophone.playlists.readers.columns import PARQUET_MAGIC
from skipgramophone.playlists.readers.exportify import is_header
from skipgramophone.playlists.readers.lastfm import is_lastfm
from skipgramophone.playlists.readers.lines import BYTE_ORDER_MARK
from skipgramophone.playlists.readers.source_files import SourceFile
from skipgramophone.playlists.readers.tab_text import UTF_16_MARKS, is_tab_text
from skipgramophone.playlists.readers.tables import delimiter_of, fields_of
from skipgramophone.playlists.readers.titles import are_titles
from skipgramophone.playlists.readers.yes import has_song_names
from skipgramophone.playlists.readers.zenodo import columns_of
from skipgramophone.playlists.signatures import format_by_signature
from skipgramophone.settings import FORMATS, Format

ASSIGN_COLUMNS = "assign its columns with --columns artist=…,title=…"
ID = re.compile(r"[^\s,;\"']*\d[^\s,;\"']*")


def detect_format(file: SourceFile, head: bytes) -> Format:
    """Return the format of a file that begins with the bytes `head`.

    Raises:
        UnknownFormatError: sgp does not know the format.
    """
    lines = head.removeprefix(BYTE_ORDER_MARK).decode("utf-8", "replace").splitlines() or [""]
    header = lines[0]
    if head.startswith(UTF_16_MARKS) and not is_tab_text(head):
        raise UnknownFormatError(file.display_name, "UTF-16 text: add --encoding utf-16")
    if head.startswith(PARQUET_MAGIC):
        raise UnknownFormatError(file.display_name, f"a table: {ASSIGN_COLUMNS}")
    if b"\0" in head.split(b"\n", 1)[0] and not is_tab_text(head):
        raise UnknownFormatError(file.display_name, "a binary file that sgp does not read")
    if columns_of(header) is not None:
        return "zenodo"
    if is_header(header):
        return "exportify"
    if by_signature := format_by_signature(file, head.removeprefix(BYTE_ORDER_MARK)):
        return by_signature
    if in_json := _detect_json(head.removeprefix(BYTE_ORDER_MARK).lstrip()):
        return in_json
    if header.startswith("#EXTM3U") or file.name.lower().endswith((".m3u", ".m3u8")):
        return "m3u"
    if is_lastfm(lines):
        return "lastfm"
    if _holds_ids(lines):
        return "yes" if has_song_names(file) else "sessions"
    if are_titles(lines[:100]):
        return "titles"
    raise UnknownFormatError(
        file.display_name,
        f"not in a format that sgp knows (first line: {_shortened(header)!r}); "
        f"choose one with --format: {', '.join(FORMATS)}" + (f"; or {ASSIGN_COLUMNS}" if _is_table(lines) else ""),
    )


def _detect_json(head: bytes) -> Format | None:
    """Return the format of a JSON file that begins with the bytes `head`, or None if it is not known."""
    if head.startswith(b"{") and b'"track_metadata"' in head:
        return "listenbrainz"
    if head.startswith(b"{") and b'"playlists"' in head:
        return "spotify" if b'"items"' in head and b'"pid"' not in head else "mpd"
    if head.startswith(b"[") and (b'"endTime"' in head or b'"ms_played"' in head):
        return "spotify"
    return None


def _is_table(lines: list[str]) -> bool:
    """Whether the first lines have the same number of fields, and more than one."""
    widths = {len(fields_of(line, delimiter_of(lines[0]))) for line in lines[:5]}
    return len(widths) == 1 and max(widths) > 1


def _holds_ids(lines: list[str]) -> bool:
    """Whether most words of the lines could be ids: they contain a digit and no delimiter or quote."""
    words = [word for line in lines[:100] for word in line.split()]
    return len(words) > len(lines[:100]) and sum(map(bool, map(ID.fullmatch, words))) > 0.9 * len(words)


def _shortened(header: str) -> str:
    """Return the start of a line, long enough to recognise it."""
    return header if len(header) <= 60 else header[:57] + "..."
