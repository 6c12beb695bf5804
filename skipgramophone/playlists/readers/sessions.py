"""Read sessions of ids: one session per line, ids separated by spaces or tabs, as in papers on item embeddings.

    85116 22375 71477
    22492 22771

A session becomes a playlist without an owner, and its line number becomes its name. A track has only an id, which
becomes both its title and its uri.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.playlists.readers.lines import (
    Line,
    RawLines,
    decode_lines,
    number_lines,
    numbered_lines,
    read_raw_lines,
    text_lines,
)
from skipgramophone.playlists.readers.rows import (
    COLUMNS,
    Record,
    Reject,
    Row,
    RowBlock,
    dictionary_of,
    gather_blocks,
    make_block,
)
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ALL_ROWS, ExtractSettings

Ids = npt.NDArray[np.int64]

ID = re.compile(r"[^\s,;\"']*\d[^\s,;\"']*")
NOT_AN_ID = re.compile(r"-?\d*\.\d+(e[+-]?\d+)?|-\d+|\d+:[-\d:.]+|\d{4}-\d\d-\d\d\S*|\S+:", re.IGNORECASE)
TIME = re.compile(r"[12]\d{9}|[12]\d{12}|[89]\d{8}")  # seconds or milliseconds since 1970
MOST_DIGITS = 18  # a longer number does not number lines, and Python refuses to convert very long ones
COMMENT = re.compile(r"[#%]")  # the first character of a comment in files of matrices and graphs
FEWEST_NUMBERED = 10  # in fewer lines, the first ids may increase by chance
LEAST_REPEATS = 2  # minimum of the mean number of occurrences of an item, if the first words are different owners
MOST_COLUMNS = 8  # lines with at least this many words are not treated as rows of a table
# In a column of sessions: minimum share of the different values that also occur in other columns, and maximum share of
# the values that repeat the value in the line above. See `_is_table`.
LEAST_SHARED, MOST_REPEATED = 0.25, 0.25


def are_sessions(lines: Sequence[str]) -> bool:
    """Whether lines are sessions: most words could be ids, and the lines do not look like the rows of a table.

    No line may be a comment, and the first line must not be a heading without ids. The first words must not number the
    lines, or the owners of the lines.

    The lines look like a table if all have the same number of words, and one column is unlike the columns of sessions.
    This column contains only times, shares few values with the other columns, or often has the same value in
    consecutive lines (like a column of owners).
    """
    rows = [line.split() for line in lines if line.strip()]
    words = [word for row in rows for word in row]
    if len(words) <= len(rows) or sum(map(_could_be_id, words)) <= 0.9 * len(words):
        return False
    if any(COMMENT.match(row[0]) for row in rows) or not any(map(_could_be_id, rows[0])):
        return False
    if are_numbered([row[0] for row in rows]) or begin_with_owners(rows):
        return False
    return len({len(row) for row in rows}) > 1 or not _is_table(rows)


def _could_be_id(word: str) -> bool:
    """Whether a word could be an id.

    It must contain a digit. It must not be a decimal number, a negative number, a time, a date, or a key with a colon.
    """
    return ID.fullmatch(word) is not None and NOT_AN_ID.fullmatch(word) is None


def are_numbered(starts: Sequence[str]) -> bool:
    """Whether the first words of lines are the numbers of the lines or of their owners, and not ids of items.

    Each number must be the previous one plus 1. If there are at least ten lines, numbers may be missing, because some
    owners may have no items.

    >>> are_numbered(["0", "1", "2"]), are_numbered(["0", "2", "7"]), are_numbered([*map(str, range(0, 30, 3))])
    (True, False, True)
    """
    if len(starts) < 3 or not all(map(str.isdecimal, starts)) or max(map(len, starts)) > MOST_DIGITS:
        return False
    steps = [int(after) - int(before) for before, after in pairwise(starts)]
    return all(step == 1 for step in steps) or (len(starts) >= FEWEST_NUMBERED and min(steps) > 0)


def begin_with_owners(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first word of each line is the id of an owner or a session, and not of an item.

    The first words are all different, and occur nowhere else, although the other words occur in several lines.

    >>> begin_with_owners([[f"u{at}", *(f"i{(at * step) % 7}" for step in (1, 2, 3))] for at in range(10)])
    True
    """
    starts = {row[0] for row in rows}
    others = [word for row in rows for word in row[1:]]
    if len(rows) < FEWEST_NUMBERED or len(starts) < len(rows) or not starts.isdisjoint(others):
        return False
    return len(others) >= LEAST_REPEATS * len(set(others)) > 0


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    """Whether lines with the same number of words could be rows of a table, with columns such as ids and times."""
    columns = list(zip(*rows, strict=True))
    if any(all(map(TIME.fullmatch, column)) for column in columns):
        return True
    if len(columns) >= MOST_COLUMNS:
        return False
    if len(rows) == 1:
        return len({word.isdecimal() for word in rows[0]}) > 1
    for at, column in enumerate(columns):
        others = {word for place, other in enumerate(columns) if place != at for word in other}
        repeated = sum(word == following for word, following in pairwise(column))
        if len(set(column) & others) < LEAST_SHARED * len(set(column)) or repeated > MOST_REPEATED * len(column):
            return True
    return False


def session_id_blocks(stream: OpenFile, settings: ExtractSettings) -> Iterator[RowBlock]:
    """Yield the rows of `read_sessions` in blocks; Arrow splits all lines of a block at once if they are ASCII."""
    left = settings.num_rows
    for raw in read_raw_lines(stream):
        split = _split_lines(raw, left)
        if split is None:
            records = _records(number_lines([decode_lines(stream, raw)]), stream.file.place)
            some = list(records if left == ALL_ROWS else islice(records, left))
            yield from gather_blocks(some, stream, settings)
            records_read = len(some)
        else:
            ids, numbers, blank = split
            rejects = [Reject(stream.file.name, line, "blank line", text) for line, text in blank]
            yield _block(ids, numbers, rejects, raw=raw, stream=stream, settings=settings)
            records_read = len(ids) + len(blank)
        left -= records_read if left != ALL_ROWS else 0
        if not left:
            return


def _split_lines(raw: RawLines, most: int) -> tuple[pa.Array, Ids, list[tuple[int, str]]] | None:
    """Return the ids of lines, the line number of each id, and the blank lines; None if Python must split the lines.

    The total number of returned ids and blank lines is at most `most`; with `ALL_ROWS`, all of them are returned.
    """
    # Arrow must not split text with these control characters: Python also splits at \x1c to \x1f, and lines with \x00
    # are rejected.
    if not raw.data.isascii() or re.search(rb"[\x00\x1c-\x1f]", raw.data):
        return None
    lines = text_lines(raw).lines
    words = pc.list_flatten(split := pc.ascii_split_whitespace(lines))
    line = np.repeat(np.arange(len(lines)), pc.list_value_length(split).to_numpy())
    filled = pc.not_equal(words, "").to_numpy(zero_copy_only=False)
    ids, line = words.filter(pa.array(filled)), line[filled]
    number = np.bincount(line, minlength=len(lines))
    blank = np.flatnonzero(number == 0)
    if most != ALL_ROWS and len(ids) + len(blank) > most:
        before = np.cumsum(np.maximum(number, 1)) - np.maximum(number, 1)  # number of records in earlier lines
        blank = blank[before[blank] < most]
        place = before[line] + np.arange(len(line)) - (np.cumsum(number) - number)[line]
        stay = int(np.searchsorted(place, most))
        ids, line = ids[:stay], line[:stay]
    return ids, line + raw.first, [(int(at) + raw.first, lines[int(at)].as_py()) for at in blank]


def _block(
    ids: pa.Array, numbers: Ids, rejects: list[Reject], *, raw: RawLines, stream: OpenFile, settings: ExtractSettings
) -> RowBlock:
    """Return ids as a block of rows; `numbers` are their line numbers."""
    lines = pa.array(numbers).dictionary_encode()
    names = pa.DictionaryArray.from_arrays(lines.indices, lines.dictionary.cast(TEXT))
    ids = ids.cast(TEXT).dictionary_encode()
    of_all = {"owner": "", "key": stream.file.place, "artist": ""}
    columns = {name: dictionary_of(value, len(ids)) for name, value in of_all.items()}
    columns |= {"playlist": names, "title": ids, "uri": ids}

    def where(rows: Sequence[int]) -> list[tuple[int, str]]:
        at = numbers[list(rows)]
        return list(zip(at.tolist(), (text.removesuffix("\r") for text in raw.texts(at)), strict=True))

    so_far = stream.bytes_read, stream.replaced
    table = pa.table({name: columns[name] for name in COLUMNS})
    return make_block(table, where, rejects, file=stream.file.name, settings=settings, so_far=so_far)


def read_sessions(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield one row per id of each line."""
    return _records(numbered_lines(stream), stream.file.place)


def _records(lines: Iterable[Line], place: str) -> Iterator[Record]:
    """Yield one row per id of each line; `place` identifies the file."""
    for number, line, fault in lines:
        ids = line.split()
        if fault or not ids:
            yield number, line, fault or "blank line"
        for track in ids if not fault else ():
            yield number, line, Row("", str(number), place, artist="", title=track, uri=track)
