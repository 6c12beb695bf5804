"""Sessions of ids, one session per line, separated by spaces or tabs, as item-embedding papers publish them.

    85116 22375 71477
    22492 22771

A session is named by the number of its line and has no owner. The id is both title and uri of a track.
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
MOST_COLUMNS = 8  # of a table whose columns are separated by spaces; longer lines are sessions
LEAST_SHARED, MOST_REPEATED = 0.25, 0.25  # of the values of each column, in sessions of one length


def are_sessions(lines: Sequence[str]) -> bool:
    """Whether lines are sessions: most words could be ids, and lines of one length are not the rows of a table.

    In sessions of one length, the columns have nothing of their own: they share ids, none holds times, and no id is
    repeated from line to line as the owner is in a table.
    """
    rows = [line.split() for line in lines if line.strip()]
    words = [word for row in rows for word in row]
    if len(words) <= len(rows) or sum(map(_could_be_id, words)) <= 0.9 * len(words):
        return False
    starts = [row[0] for row in rows]
    if len(rows) > 2 and all(map(str.isdecimal, starts)) and _are_consecutive(starts):
        return False  # each line starts with its number or its owner
    return len({len(row) for row in rows}) > 1 or not _is_table(rows)


def _could_be_id(word: str) -> bool:
    """Whether a word has a digit and is not a number with decimals, a negative number, a date or a key."""
    return ID.fullmatch(word) is not None and NOT_AN_ID.fullmatch(word) is None


def _are_consecutive(numbers: Sequence[str]) -> bool:
    """Whether numbers follow each other."""
    first = int(numbers[0])
    return [int(number) for number in numbers] == list(range(first, first + len(numbers)))


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    """Whether lines of one length could be the rows of a table with columns of ids and times."""
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
    """Yield each id of each line."""
    for number, line, fault in numbered_lines(stream):
        ids = line.split()
        if fault or not ids:
            yield number, line, fault or "blank line"
        for track in ids if not fault else ():
            yield number, line, Row("", str(number), stream.file.place, artist="", title=track, uri=track)
