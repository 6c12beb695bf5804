"""Read sessions of ids: one session per line, ids separated by spaces or tabs, as in papers on item embeddings.

    85116 22375 71477
    22492 22771

A session is a playlist, named by its line number and without an owner. The id of a track is its title and its uri.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from skipgramophone.playlists.readers.lines import numbered_lines
from skipgramophone.playlists.readers.rows import Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ExtractSettings

ID = re.compile(r"[^\s,;\"']*\d[^\s,;\"']*")
NOT_AN_ID = re.compile(r"-?\d*\.\d+(e[+-]?\d+)?|-\d+|\d+:[-\d:.]+|\d{4}-\d\d-\d\d\S*|\S+:", re.IGNORECASE)
TIME = re.compile(r"[12]\d{9}|[12]\d{12}|[89]\d{8}")  # seconds or milliseconds since 1970
MOST_COLUMNS = 8  # lines with at least this many words are not taken as rows of a table
LEAST_SHARED, MOST_REPEATED = 0.25, 0.25  # shares of the values of a column, see `_is_table`


def are_sessions(lines: Sequence[str]) -> bool:
    """Whether lines are sessions: most words could be ids, and the lines do not look like the rows of a table.

    The lines look like a table if all have the same number of words and one column contains only times, shares few
    values with the other columns, or often repeats a value in the next line, as a column of owners does.
    """
    rows = [line.split() for line in lines if line.strip()]
    words = [word for row in rows for word in row]
    if len(words) <= len(rows) or sum(map(_could_be_id, words)) <= 0.9 * len(words):
        return False
    starts = [row[0] for row in rows]
    if len(rows) > 2 and all(map(str.isdecimal, starts)) and _are_consecutive(starts):
        return False  # each line starts with its own number
    return len({len(row) for row in rows}) > 1 or not _is_table(rows)


def _could_be_id(word: str) -> bool:
    """Whether a word has a digit and is not a decimal or negative number, a time, a date or a key with a colon."""
    return ID.fullmatch(word) is not None and NOT_AN_ID.fullmatch(word) is None


def _are_consecutive(numbers: Sequence[str]) -> bool:
    """Whether each number is the previous one plus 1."""
    first = int(numbers[0])
    return [int(number) for number in numbers] == list(range(first, first + len(numbers)))


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    """Whether lines of one length could be the rows of a table, with columns such as ids and times."""
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


def read_sessions(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield one row per id of each line."""
    for number, line, fault in numbered_lines(stream):
        ids = line.split()
        if fault or not ids:
            yield number, line, fault or "blank line"
        for track in ids if not fault else ():
            yield number, line, Row("", str(number), stream.file.place, artist="", title=track, uri=track)
