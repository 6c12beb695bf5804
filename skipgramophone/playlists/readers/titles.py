"""Read lists with one "Artist - Title" per line: one playlist per file, named after the file.

    Queen - Bohemian Rhapsody
    50 Cent, Snoop Dogg - P.I.M.P. - Remix

A line is split at the first " - "; a line without " - " is a title. If most lines have " – " or " — " instead, they are
split there. Marks such as numbers are not part of the names (see `line_marks`). The first line may be a heading such as
"Title - Artist", which determines the order of the names. It is also a heading if it has no separator, but each of the
other lines has one. Lines may also be "Artist - Album - Title" (see `album_parts`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import PurePosixPath

from skipgramophone.names.normalization import SEPARATOR
from skipgramophone.playlists.column_names import columns_by_role
from skipgramophone.playlists.readers.album_parts import have_albums
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.line_marks import JUDGED_LINES, TIME_BEFORE, LineMarks
from skipgramophone.playlists.readers.lines import numbered_lines
from skipgramophone.playlists.readers.rows import Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.settings import ExtractSettings
from skipgramophone.wording import Wording, visible

# Delimiters of tables. A comma before a space is not treated as a delimiter, because in prose it is a punctuation mark.
# A comma before three digits is not treated as a delimiter either, because it is part of a number.
DELIMITER = re.compile(r"\t|[;|](?=\S)|,(?=\S)(?!\d{3}\b)")
QUOTED = re.compile(r'\s*"([^"]|"")*"\s*')
SEPARATORS = (SEPARATOR, " – ", " — ")
HEADING = "the heading of the list"
PART = re.compile(
    r"(?:side|cd|dis[ck]|part|set|tape|seite|teil|face|partie|lado|parte|lato)\s+"
    r"(?:one|two|three|four|eins|zwei|[a-h]|\d{1,2}|i{1,3}|iv)\W*",
    re.IGNORECASE,
)
OF_PART = "the heading of a part of the list"
RULE = re.compile(r"[-–—=_*~#+.\s]{3,}")
SEPARATING = "a separating line"
FEWEST_BELOW_HEADING = 4  # minimum number of lines with a separator below a heading without a separator
FEWEST_TRACKS = 4  # in a list with fewer different tracks, titles may repeat by chance
UNMARKED = "without the number, time or bullet of the other lines"


def are_titles(lines: Sequence[str]) -> bool:
    """Whether most lines look like an artist and a title, and at most half of them look like rows of a table."""
    written = [line for line in lines if line.strip()]
    of_tables = sum(DELIMITER.search(line) is not None or QUOTED.fullmatch(line) is not None for line in written)
    most = max(sum(separator in line for line in written) for separator in SEPARATORS)
    return most > 0.5 * len(written) >= of_tables


def are_timed_titles(lines: Sequence[str]) -> bool:
    """Whether most lines consist of a time, a tab, an artist and a title, and the times are in order.

    >>> are_timed_titles(["20:05\\tAda - Rain", "20:09\\tNell - Salt", "20:12\\tAda - Home"])
    True
    """
    timed = [line for line in lines if line.strip()]
    if 2 * sum("\t" in line for line in timed) <= len(timed):
        return False
    marks = LineMarks(timed)
    return marks.before[:1] == [TIME_BEFORE] and are_titles([marks.name_on(line)[0] for line in timed])


def doubt_about_order(lines: Sequence[str]) -> Wording | None:
    """Return why artists and titles may be in the wrong order, and what the user can do; None if there is no doubt.

    Most lists have more different titles than artists. If there are at least twice as many different names before the
    separator as after it, the order may be "Title - Artist", or the lines may contain something else, such as titles
    and their musical keys.

    >>> doubt_about_order([f"{title} - Ada Fenn" for title in ("Rain", "Salt", "Tide")])
    >>> doubt_about_order(["Ada - Rain", "Ada - Salt", "Ada - Tide", "Ada - Home"])
    """
    texts = [line for line in lines if line.strip()]
    marks, separator = LineMarks(texts), separator_of(texts)
    parts = [marks.name_on(_unquoted(text))[0].partition(separator) for text in texts]
    pairs = {(before.strip(), after.strip()) for before, found, after in parts if found}
    artists, titles = ({pair[at] for pair in pairs} for at in (0, 1))
    if len(pairs) < FEWEST_TRACKS or 2 * len(titles) > len(artists) or _roles_in(texts[0], separator):
        return None
    example = max(sorted(titles), key=lambda title: sum(pair[1] == title for pair in pairs))
    return lambda named: visible(
        f"a list with {len(artists)} different names before {separator.strip()!r} but only {len(titles)} after it, "
        f"such as {example!r}: if the titles come first, insert 'Title{separator}Artist' as the first line; "
        f"if the artists come first, add {named('format', 'titles')}"
    )


def read_titles(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield each line of a file as a track of one playlist.

    If most lines begin with marks (bullets or numbers), a line without a mark is a heading if it is above the first
    line with a mark, or if it has no separator.
    """
    playlist = PurePosixPath(stream.file.name).stem
    lines = numbered_lines(stream)
    first = list(islice(lines, JUDGED_LINES))
    texts = [line for _, line, fault in first if not fault]
    marks, separator = LineMarks(texts), separator_of(texts)
    roles = _roles_in(texts[0] if texts else "", separator)
    with_albums = not roles and have_albums([name for text in texts if (name := marks.name_on(text)[0])], separator)
    has_heading = bool(roles) or _is_heading(texts, separator)
    begun, above = False, ""
    for number, line, fault in chain(first, lines):
        name, is_marked = marks.name_on(_unquoted(line))
        begun = begun or (is_marked and bool(name))
        before, found, after = name.partition(separator)
        if fault or not name:
            yield number, line, fault or "blank line"
        elif has_heading and number == 1:
            yield number, line, HEADING
        elif RULE.fullmatch(line):
            yield number, line, SEPARATING
        elif not found and not above.strip() and PART.fullmatch(name):
            yield number, line, OF_PART
        elif not is_marked and not (begun and found):
            yield number, line, UNMARKED
        else:
            names = ("", name) if not found else (after, before) if roles == ["title", "artist"] else (before, after)
            row = Row("", playlist, stream.file.place, *names)
            album, has_album, title = after.partition(separator)
            row = row._replace(title=title, album=album_of(album.strip())) if with_albums and has_album else row
            yield number, line, row
        above = line


def _unquoted(line: str) -> str:
    """Return a line without the quotes that a CSV file with one column needs.

    >>> _unquoted('"Ada - Salt, Rope"'), _unquoted('"Heroes" - "Ada"')
    ('Ada - Salt, Rope', '"Heroes" - "Ada"')
    """
    return line.strip()[1:-1].replace('""', '"') if QUOTED.fullmatch(line) and SEPARATOR in line else line


def _is_heading(lines: Sequence[str], separator: str) -> bool:
    """Whether the first line has no separator, but each of the other lines has one."""
    first, *others = [line for line in lines if line.strip()] or [""]
    below = len(others) >= FEWEST_BELOW_HEADING and all(separator in line for line in others)
    return below and separator not in first and bool(lines[0].strip())


def separator_of(lines: Sequence[str]) -> str:
    """Return the separator that occurs in most lines."""
    return max(SEPARATORS, key=lambda separator: sum(separator in line for line in lines))


def _roles_in(line: str, separator: str) -> list[str]:
    """Return the order of artist and title in a heading, or [] if the line is not a heading.

    >>> _roles_in("Song - Artist", " - "), _roles_in("Song - Ada Fenn", " - ")
    (['title', 'artist'], [])
    """
    columns = line.strip().split(separator)
    roles = {names[0]: role for role, names in columns_by_role(columns).items()}
    order = [roles.get(column, "") for column in columns]
    return order if sorted(order) == ["artist", "title"] else []
