"""Detect the format of a file from its first bytes.

File names are not used, because exports can have any name. There are two exceptions: M3U playlists without a header are
recognized by their suffix, and the playlists of Yes.com by their names.
"""

from __future__ import annotations

import re
from dataclasses import replace

from skipgramophone.errors import UnknownFormatError
from skipgramophone.playlists.column_names import is_header as is_column_header
from skipgramophone.playlists.columns import guess as column_guess
from skipgramophone.playlists.columns.examples import question
from skipgramophone.playlists.columns.guess import JUDGED_LINES as JUDGED_ROWS
from skipgramophone.playlists.columns.guess import ColumnGuess, is_table, rows_of
from skipgramophone.playlists.columns.values import Table, values_of
from skipgramophone.playlists.detection.binary_files import OTHER, binary_reason
from skipgramophone.playlists.detection.json_remedies import fault_of_json, remedy_for_json
from skipgramophone.playlists.detection.json_start import ends_early, first_json_value
from skipgramophone.playlists.detection.list_headings import doubt_about_headings
from skipgramophone.playlists.detection.name_doubts import doubt_about_names
from skipgramophone.playlists.detection.path_lists import are_paths, doubt_about_paths
from skipgramophone.playlists.detection.second_tables import lines_above_main_table, second_header, several_headers
from skipgramophone.playlists.detection.session_doubts import doubt_about_sessions, kind_of_numbers
from skipgramophone.playlists.detection.signatures import format_by_signature
from skipgramophone.playlists.detection.table_head import first_rows, rows_of_document, rows_of_objects
from skipgramophone.playlists.detection.table_preamble import blank_lines_above, lines_above_header
from skipgramophone.playlists.detection.text_logs import kind_of_log
from skipgramophone.playlists.detection.text_remedies import (
    AWK,
    BASKETS,
    HELP,
    are_baskets,
    kind_of_text,
    long_separator,
    remedy_for,
    remedy_for_column,
)
from skipgramophone.playlists.line_ends import split_lines
from skipgramophone.playlists.readers.columns import PARQUET_MAGIC
from skipgramophone.playlists.readers.exportify import is_header
from skipgramophone.playlists.readers.json_documents import several_lists_of_tracks
from skipgramophone.playlists.readers.json_playlists import ITEM
from skipgramophone.playlists.readers.lastfm import is_lastfm
from skipgramophone.playlists.readers.line_marks import JUDGED_LINES
from skipgramophone.playlists.readers.lines import BYTE_ORDER_MARK
from skipgramophone.playlists.readers.sessions import are_sessions
from skipgramophone.playlists.readers.source_files import SourceFile
from skipgramophone.playlists.readers.tab_text import is_tab_text
from skipgramophone.playlists.readers.titles import are_timed_titles, are_titles, doubt_about_order
from skipgramophone.playlists.readers.yes import has_song_names, starts_with_counts
from skipgramophone.playlists.readers.zenodo import columns_of
from skipgramophone.settings import Format
from skipgramophone.wording import Wording, visible, worded

HEAD_BYTES = 64 << 10
JSON = re.compile(rb"\{\s*[\"}]|\[\s*([\"{[\]]|-?\d+\s*,)")
PLAYLISTS_OBJECT = re.compile(rb'"playlists"\s*:\s*\{')
MARKUP = re.compile(r"<[?!/]?[A-Za-z]")
HLS = re.compile(r"#EXT-X-(TARGETDURATION|STREAM-INF)")
OF_SPOTIFY = (b'"trackName"', b'"lastModifiedDate"', b'"localTrack"')  # fields of playlists in Spotify's account data


def detect_format(file: SourceFile, head: bytes, rated: bool = False) -> Format | ColumnGuess:
    """Return the format of a file that begins with the bytes `head`, or the columns if it is a table.

    A format is detected only if the file has a property that files of other formats do not have. Otherwise the error
    asks for the format or the columns, because nobody would notice a wrong guess.

    Args:
        file: the file. Its name is used, and the names of the files beside it; its content is read only for Parquet.
        head: its first bytes.
        rated: whether a table may have a column of ratings.

    Raises:
        UnknownFormatError: sgp does not know the format, or the format is ambiguous.
    """
    lines = first_lines(head)
    header = lines[0]
    is_complete = len(head) < HEAD_BYTES
    if head.startswith(PARQUET_MAGIC):
        rows = first_rows(file, head, lines)
        if guess := _guess_columns(file, rows, rated, is_complete=True):
            return guess
        columns = ", ".join(map(visible, rows[0]))
        raise UnknownFormatError(
            file.display_name,
            lambda named: (
                f"a table with the columns {columns}: assign its columns with {named('columns', 'artist=…,title=…')}"
            ),
        )
    if (reason := binary_reason(head)) or (b"\0" in head.split(b"\n", 1)[0] and not is_tab_text(head)):
        raise UnknownFormatError(file.display_name, reason or OTHER)
    if columns_of(header) is not None and any(line.startswith('"') for line in lines[:2]):
        return "zenodo"
    if is_header(header):
        return "exportify"
    start = head.removeprefix(BYTE_ORDER_MARK)
    if by_signature := format_by_signature(file, start):
        return by_signature
    start = start.lstrip()
    in_json = _detect_json(start)
    if in_json and (in_json != "mpd" or b'"pid"' in start):
        return in_json
    objects = rows_of_objects(lines) if start.startswith(b"{") else []
    if guess := _guess_columns(file, objects, rated, is_complete):
        return guess
    if JSON.match(start) and (guess := _guess_document(file, start, rated, is_complete)):
        return guess
    if in_json:
        return in_json
    if JSON.match(start):
        if len(head) < HEAD_BYTES and ends_early(start):
            raise UnknownFormatError(file.display_name, "JSON that ends early: copy or download it again")
        if len(head) < HEAD_BYTES and (fault := fault_of_json(start)):
            raise UnknownFormatError(file.display_name, fault)
        raise UnknownFormatError(file.display_name, _unknown(header, "JSON", remedy=remedy_for_json(start)))
    if header.startswith("#EXTM3U") or file.name.lower().endswith((".m3u", ".m3u8")):
        if any(map(HLS.match, lines)):
            raise UnknownFormatError(file.display_name, "a list of the segments of one stream (HLS), not of tracks")
        return "m3u"
    if is_lastfm(lines):
        return "lastfm"
    if has_song_names(file) and all(word.isdecimal() for word in header.split()):
        return "yes"
    return _detect_text(file, lines, rated, is_complete)


def first_lines(head: bytes) -> list[str]:
    """Return the lines in the first bytes of a file.

    The last line is left out if it is cut off, unless it is the only line.
    """
    text = head.removeprefix(BYTE_ORDER_MARK).decode("utf-8", "replace")
    lines = split_lines(text)
    if len(head) >= HEAD_BYTES and len(lines) > 1 and not text.endswith("\n"):
        lines.pop()
    return lines or [""]


def _detect_text(file: SourceFile, lines: list[str], rated: bool, is_complete: bool) -> Format | ColumnGuess:
    """Return the format of a text file, or the columns if it is a table.

    Tables are tried first, because a table can look like another text format.

    Raises:
        UnknownFormatError: sgp does not know the format, or the format is ambiguous.
    """
    main = lines_above_main_table(lines)
    if main and (guess := _guess_columns(file, rows_of(lines[main:]), rated, is_complete)):
        return replace(guess, above=main)
    rows = rows_of(lines)
    if (second := second_header(lines)) is not None:
        problem = f"two tables: the second one begins on line {second + 1} ({_shortened(lines[second])!r})"
        raise UnknownFormatError(file.display_name, visible(f"{problem}; save each table in a file of its own"))
    if guess := _guess_columns(file, rows, rated, is_complete):
        return replace(guess, above=blank_lines_above(lines))
    above = lines_above_header(lines)
    if above and (guess := _guess_columns(file, rows_of(lines[above:]), rated, is_complete)):
        return replace(guess, above=above)
    if log := kind_of_log(lines):
        raise UnknownFormatError(file.display_name, _seems_to_be(log))
    if are_paths(lines[:100]):
        if unsuited := doubt_about_paths(lines[:100]):
            raise UnknownFormatError(file.display_name, unsuited)
        return "m3u"
    kind = kind_of_text(lines)
    if kind and not are_sessions(lines[:100]) and not are_titles(lines[:100]):
        raise UnknownFormatError(file.display_name, _seems_to_be(kind))
    if are_timed_titles(lines[:100]):
        return "titles"
    if separated := long_separator(lines):
        raise UnknownFormatError(file.display_name, _unknown(lines[0], remedy=separated))
    if rows and is_table(rows) and are_baskets(rows):
        what = f"a table of {len(rows[0])} columns, several of which contain the same values "
        what += f"(first line: {_shortened(lines[0])!r})"
        raise UnknownFormatError(file.display_name, f"{what}: {BASKETS}{AWK}")
    if rows and is_table(rows):
        problem = f"without a header that sgp knows (first line: {_shortened(lines[0])!r})"
        raise UnknownFormatError(file.display_name, question(rows, problem))
    if starts_with_counts(lines):
        problem = "and may be playlists of Yes.com, which need song_hash.txt in the same directory"
        raise UnknownFormatError(file.display_name, _unknown(lines[0], problem=problem))
    if doubt := doubt_about_sessions(lines[:100]):
        raise UnknownFormatError(file.display_name, _seems_to_be(doubt))
    if are_sessions(lines[:100]):
        return "sessions"
    if numbers := kind_of_numbers(lines[:100]):
        raise UnknownFormatError(file.display_name, _seems_to_be(numbers))
    if are_titles(lines[:100]) and not MARKUP.match(lines[0]) and not column_guess.is_lone_header(lines[0]):
        doubts = (doubt(lines[:JUDGED_LINES]) for doubt in (doubt_about_order, doubt_about_names, doubt_about_headings))
        if in_doubt := next(filter(None, doubts), None):
            raise UnknownFormatError(file.display_name, in_doubt)
        return "titles"
    if tables := several_headers(lines):
        raise UnknownFormatError(file.display_name, tables)
    remedy = remedy_for_column(lines[0]) or remedy_for(lines)
    raise UnknownFormatError(file.display_name, _unknown(lines[0], remedy=remedy))


def _guess_columns(file: SourceFile, rows: Table, rated: bool, is_complete: bool) -> ColumnGuess | None:
    """Return the roles of the columns, or None if the first row does not have the usual names of columns.

    Raises:
        UnknownFormatError: the roles are ambiguous.
    """
    if not rows or len(rows[0]) < 2 or not is_column_header(rows[0]):
        return None
    guess = column_guess.guess_columns(rows, rated, is_complete and len(rows) < JUDGED_ROWS)
    if not isinstance(guess, ColumnGuess):
        raise UnknownFormatError(file.display_name, guess)
    return guess


def _guess_document(file: SourceFile, head: bytes, rated: bool, is_complete: bool) -> ColumnGuess | None:
    """Return the roles of the fields in a JSON document, or None if it is not a table with usual names.

    A list of titles and links may be anything, such as a news feed. Therefore, the document must have artists, ids of
    tracks, or ids of both orders and products.

    Raises:
        UnknownFormatError: the roles are ambiguous.
    """
    if several_lists_of_tracks(first_json_value(head)):
        return None
    rows = rows_of_document(head)
    guess = _guess_columns(file, rows, rated, is_complete)
    if guess and "artist" not in guess.roles and guess.roles.get("uri") != ITEM and not _are_orders(rows, guess):
        raise UnknownFormatError(file.display_name, question(rows, "in which sgp does not recognize the artist"))
    return guess


def _are_orders(rows: Table, guess: ColumnGuess) -> bool:
    """Whether each row of a document has the id of an order or session and the id of an item, which is not a link."""
    if not {"id", "uri"} <= guess.roles.keys():
        return False
    return not any("/" in value for value in values_of(rows, guess.roles["uri"]))


def _detect_json(head: bytes) -> Format | None:
    """Return the format of a JSON file that begins with the bytes `head`, or None if the format is not recognized."""
    if head.startswith(b"{") and b'"track_metadata"' in head and b'"payload"' not in head:
        return "listenbrainz"
    if head.startswith(b"{") and b'"playlists"' in head and not PLAYLISTS_OBJECT.search(head):
        if b'"pid"' in head:
            return "mpd"
        if b'"items"' in head:
            return "spotify" if any(name in head for name in OF_SPOTIFY) else None
        return None if b'"tracks"' in head else "mpd"
    if head.startswith(b"[") and ((b'"msPlayed"' in head and b'"trackName"' in head) or b'"ms_played"' in head):
        return "spotify"
    return None


def _seems_to_be(kind: Wording | str) -> Wording:
    """Return the reason for the `UnknownFormatError` of a file that seems to be `kind`."""
    return lambda named: f"not in a format that sgp knows, because it seems to be {worded(kind, named)}"


def _unknown(header: str, kind: str = "", problem: str = "", remedy: Wording | str = HELP) -> Wording:
    """Return the reason for the `UnknownFormatError` of a file whose format is not known.

    Args:
        header: first line of the file.
        kind: kind of the file, such as "JSON", or "".
        problem: more about the problem, or "".
        remedy: what the user can do.
    """
    what = f"{kind}, but not" if kind else "not"
    known = f"{what} in a format that sgp knows (first line: {_shortened(header)!r}){problem and ', ' + problem}"
    return lambda named: f"{known}; {worded(remedy, named)}"


def _shortened(header: str) -> str:
    """Return a line, shortened to 60 characters."""
    return header if len(header) <= 60 else header[:57] + "..."
