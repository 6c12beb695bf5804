"""Find tables whose header is not in the encoding of the settings, and describe the remedy."""

from __future__ import annotations

from contextlib import suppress

from skipgramophone.playlists.column_names import columns_by_role, is_header
from skipgramophone.playlists.columns.guess import ColumnGuess
from skipgramophone.playlists.readers.columns import PARQUET_MAGIC
from skipgramophone.playlists.readers.lines import BYTE_ORDER_MARK, printable
from skipgramophone.playlists.readers.tables import delimiter_of, fields_of
from skipgramophone.settings import ExtractSettings, Format
from skipgramophone.utf8 import give_encoding
from skipgramophone.wording import Wording, visible

# Formats whose first line has the names of the columns.
WITH_HEADER: tuple[Format, ...] = (
    "zenodo", "columns", "exportify", "youtube-songs", "youtube-playlist", "tunemymusic", "soundiiz", "deezer",
    "lastfmstats", "shazam", "apple-activity", "apple-daily", "lastfm-archive", "tidal", "google-play", "serato",
)  # fmt: skip
# Encodings of Windows and of old systems; the first in which a header has usual column names is suggested.
ENCODINGS = (
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1254",
    "cp1253",
    "cp932",
    "gb18030",
    "cp949",
    "big5",
    "koi8-r",
    "mac-roman",
)
LONGEST_SHOWN = 60  # maximum number of characters of a header that a message shows


def undecodable_first_line(head: bytes, settings: ExtractSettings) -> Wording | None:
    """Return the problem and its remedy if the first line of a text is not in the encoding of the settings, else None.

    The result is None for XML, JSON and Parquet, and if undecodable bytes are to be replaced.

    Args:
        head: the first bytes of a file, converted to UTF-8 as far as possible.
        settings: the settings, with the encoding and the treatment of undecodable bytes.
    """
    start = head.removeprefix(BYTE_ORDER_MARK)
    if settings.bad_bytes == "replace" or start.lstrip().startswith((PARQUET_MAGIC, b"<", b"{", b"[")):
        return None
    line, end, _ = start.partition(b"\n")
    try:
        line.decode()
        return None
    except UnicodeDecodeError as error:
        if not end and error.reason == "unexpected end of data":  # the first bytes may end inside a character
            return None
    shown = _shortened(visible(printable(line.rstrip(b"\r"))))
    encoding = settings.encoding.upper()
    if encoding != "UTF-8":
        return lambda named: (
            f"not {encoding} (first line: '{shown}'): {give_encoding(named, encoding)}, "
            f"or add {named('bad_bytes', 'replace')}"
        )
    if found := _encoding_of_header(line.rstrip(b"\r")):
        right, header = found
        line_there = _shortened(visible(header))
        return lambda named: (
            f"not UTF-8 (first line: '{shown}'): add {named('encoding', right)}, "
            f"in which the first line is {line_there!r}"
        )
    return lambda named: f"not UTF-8 (first line: '{shown}'): {give_encoding(named)}"


def _encoding_of_header(line: bytes) -> tuple[str, str] | None:
    """Return an encoding in which a line is the header of a table, and the line as text; None if there is none.

    The result is the encoding in which the columns have the most roles, or the first of these encodings.

    >>> _encoding_of_header("Исполнитель;Название".encode("cp1251"))
    ('cp1251', 'Исполнитель;Название')
    """
    found: list[tuple[int, str, str]] = []
    for encoding in ENCODINGS:
        with suppress(UnicodeDecodeError):
            text = line.decode(encoding)
            if is_header(fields := fields_of(text, delimiter_of(text))):
                found.append((len(columns_by_role(fields)), encoding, text))
    return max(found, key=lambda each: each[0])[1:] if found else None


def _shortened(line: str) -> str:
    """Return a line, shortened to `LONGEST_SHOWN` characters."""
    return line if len(line) <= LONGEST_SHOWN else line[: LONGEST_SHOWN - 3] + "..."


def is_binary(head: bytes) -> bool:
    """Whether the first bytes of a file contain control characters that do not occur in text."""
    return any(byte in head for byte in range(ord("\t")))


def has_header(format: Format | ColumnGuess, settings: ExtractSettings) -> bool:
    """Whether the first line of a file has the names of the columns; False if `--columns` names them by number."""
    if settings.columns:
        return not all(name.isdecimal() for name in settings.roles.values())
    return isinstance(format, ColumnGuess) or format in WITH_HEADER
