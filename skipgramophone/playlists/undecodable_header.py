"""Find tables whose header is not in the encoding of the settings, and describe the remedy."""

from __future__ import annotations

from skipgramophone.playlists.column_guess import ColumnGuess
from skipgramophone.playlists.readers.columns import PARQUET_MAGIC
from skipgramophone.playlists.readers.lines import BYTE_ORDER_MARK, printable
from skipgramophone.settings import ExtractSettings, Format
from skipgramophone.utf8 import GIVE_ENCODING
from skipgramophone.wording import visible

# Formats whose first line has the names of the columns.
WITH_HEADER: tuple[Format, ...] = (
    "zenodo", "columns", "exportify", "youtube-songs", "youtube-playlist", "tunemymusic", "soundiiz", "deezer",
    "lastfmstats", "shazam", "apple-activity", "apple-daily", "lastfm-archive", "tidal", "google-play", "serato",
)  # fmt: skip
LONGEST_SHOWN = 60  # characters


def undecodable_first_line(head: bytes, settings: ExtractSettings) -> str | None:
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
    shown = visible(printable(line.rstrip(b"\r")))
    shown = shown if len(shown) <= LONGEST_SHOWN else shown[: LONGEST_SHOWN - 3] + "..."
    encoding = settings.encoding.upper()
    remedy = GIVE_ENCODING if encoding == "UTF-8" else "give another --encoding, or add --bad-bytes replace"
    return f"not {encoding} (first line: '{shown}'): {remedy}"


def is_binary(head: bytes) -> bool:
    """Whether the first bytes of a file contain control characters that do not occur in text."""
    return any(byte in head for byte in range(ord("\t")))


def has_header(format: Format | ColumnGuess, settings: ExtractSettings) -> bool:
    """Whether the first line of a file has the names of the columns; it has none if columns are named by numbers."""
    if settings.columns:
        return not all(name.isdecimal() for name in settings.roles.values())
    return isinstance(format, ColumnGuess) or format in WITH_HEADER
