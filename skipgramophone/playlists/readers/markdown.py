"""Read the tables and lists of tracks in a Markdown file: the tracks below a heading are a playlist.

    ## Evening                                     ## Morning
    | # | Artist    | Title       |                - Nell Quay – Paper Boats
    |---|-----------|-------------|                - **The Hatches** – [Kitchen Song](https://music.example/1)
    | 1 | Nell Quay | Paper Boats |

Tracks above the first heading are a playlist named after the file. A table needs columns with the usual names of artist
and title, or a column of titles such as "Artist - Title". A list is read as tracks if most of its items have one of
two forms: "Artist - Title", or a title (in quotes, a link or emphasis) followed by "by" and the artist. Links, emphasis
and other markup are read as their text. Other tables, lists and lines of text are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from pathlib import PurePosixPath
from typing import NamedTuple

from skipgramophone.errors import FormatError
from skipgramophone.playlists.column_names import album_column, columns_by_role, names_title
from skipgramophone.playlists.readers.albums import album_of
from skipgramophone.playlists.readers.line_marks import LINK, LineMarks
from skipgramophone.playlists.readers.lines import Line, numbered_lines
from skipgramophone.playlists.readers.rows import LeftOut, Record, Row
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.playlists.readers.tables import wrong_width
from skipgramophone.playlists.readers.titles import SEPARATORS, separator_of
from skipgramophone.settings import ExtractSettings

HEADING = re.compile(r" {0,3}#{1,6}\s+(.*)")
UNDERLINE = re.compile(r" {0,3}(=+|-{2,})\s*")  # below a heading
RULE = re.compile(r"\s*([-*_=]\s*){3,}")  # across the page
ITEM = re.compile(r"(\s*)(?:[-*+•]|\d{1,4}[.)])\s+(?:\[[ xX]\]\s+)?(\S.*)")
RULER = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")  # below the header of a table
BORDER = re.compile(r"(?<!\\)\|")
IMAGE = re.compile(r"!\[[^][]*\]\([^()]*\)")
TAG = re.compile(r"</?[A-Za-z][^<>]*>")
EMPHASIS = re.compile(r"(?<!\w)(\*{1,3}|_{1,3}|~~|`)(?=\S)(.+?)(?<=\S)\1(?!\w)")
# Maximum length of a line in which emphasis is searched, because the search is slow in long lines.
LONGEST_EMPHASIZED = 1000
TITLE_BY = re.compile(
    r"""(?:"([^"]+)"|“([^”]+)”|\[([^][]+)\]\([^()\s]*\)|\*{1,2}([^*]+)\*{1,2}|_{1,2}([^_]+)_{1,2})\s+by\s+(\S.*)"""
)
ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
NUMBER = re.compile(r"[\d.]*")
# Kind of a line -> kind of the part that contains the line.
PART_OF = {"header": "table", "row": "table", "item": "list", "continued": "list", "text": "text", "fault": "text"}
TEXT, OTHER_ROW, OTHER_ITEM = LeftOut("lines of text"), LeftOut("rows of other tables"), LeftOut("other list items")


class _Part(NamedTuple):
    """Consecutive lines of a table, a list or text.

    Attributes:
        kind: "table", "list" or "text".
        section: number of headings above.
        heading: the last of these headings, or "".
        lines: the lines; a table begins with its header.
    """

    kind: str
    section: int
    heading: str
    lines: list[Line]


def is_markdown(lines: Sequence[str]) -> bool:
    """Whether the first lines of a file contain a table of tracks, or mostly lists of tracks below headings.

    If lines outside lists contain a separator such as " - ", they may be tracks. Unless the file has a table of tracks,
    the result is then False, and the file is read as a simple list of names.
    """
    parts = _parts_of([(number, line, "") for number, line in enumerate(lines, 1)])
    if any(part.kind == "table" and _Table(part.lines).has_tracks for part in parts):
        return True
    lists = [_List(part.lines) for part in parts if part.kind == "list"]
    tracks = sum(len(found) for found in lists if found.has_tracks)
    texts = [line for part in parts if part.kind == "text" for _, line, _ in part.lines]
    has_names = any(separator in text for text in texts for separator in SEPARATORS)
    is_marked = any(part.section for part in parts) or any(found.is_by_artist for found in lists)
    return 2 * tracks > sum(len(part.lines) for part in parts) and is_marked and not has_names


def read_markdown(stream: OpenFile, _settings: ExtractSettings) -> Iterator[Record]:
    """Yield the tracks in the tables and lists of a file.

    Raises:
        FormatError: the file contains neither a table nor a list of tracks.
    """
    parts = [(part, CONTENT[part.kind](part.lines)) for part in _parts_of(list(numbered_lines(stream)))]
    if not any(content.has_tracks for _, content in parts):
        raise FormatError(f"{stream.file.display_name} contains neither a table nor a list of tracks in Markdown")
    for part, content in parts:
        playlist = part.heading or PurePosixPath(stream.file.name).stem
        yield from content.records(Row("", playlist, f"{stream.file.place}\0{part.section}", artist="", title=""))


def plain(text: str) -> str:
    """Return Markdown as text, without links, emphasis and other markup.

    >>> plain("**Ada** – [Rain \\\\& Tin](https://music.example/1)"), plain("M*A*S*H - <b>$_$</b>")
    ('Ada – Rain & Tin', 'M*A*S*H - $_$')
    """
    text = TAG.sub(" ", LINK.sub(r"\1", IMAGE.sub("", text)))
    if len(text) <= LONGEST_EMPHASIZED:
        text = EMPHASIS.sub(r"\2", EMPHASIS.sub(r"\2", text))
    return " ".join(unescape(ESCAPE.sub(r"\1", text)).split())


def _parts_of(lines: Sequence[Line]) -> list[_Part]:
    """Return the parts of a file; headings, rules, the second lines of tables and blank lines are in no part."""
    parts: list[_Part] = []
    section, heading, above = 0, "", "blank"
    for at, (number, line, fault) in enumerate(lines):
        below = lines[at + 1][1] if at + 1 < len(lines) else ""
        kind = "fault" if fault else _kind_of(line, below, above)
        if kind == "heading":
            section, heading = section + 1, plain(_heading_on(line))
        elif part := PART_OF.get(kind):
            is_new = kind == "header" or (kind == "item" and above == "blank" and _is_other_list(parts, line))
            if is_new or not parts or (parts[-1].kind, parts[-1].section) != (part, section):
                parts.append(_Part(part, section, heading, []))
            parts[-1].lines.append((number, line, fault))
        above = kind
    return parts


def _heading_on(line: str) -> str:
    """Return the text of a heading, without the marks before and after it.

    >>> _heading_on("## Evening ##"), _heading_on("# C#"), _heading_on("Morning")
    ('Evening', 'C#', 'Morning')
    """
    found = HEADING.fullmatch(line)
    text = (found[1] if found else line).rstrip()
    unmarked = text.rstrip("#")
    return unmarked.rstrip() if unmarked[-1:].isspace() or not unmarked else text


def _kind_of(line: str, below: str, above: str) -> str:
    """Return what a line is: header, ruler or row of a table, item, continued (item), heading, rule, text or blank.

    Args:
        line: the line.
        below: the line below it.
        above: kind of the line above it.
    """
    has_border = BORDER.search(line) is not None
    if not line.strip():
        return "blank"
    if above == "header":
        return "ruler"
    if above in ("ruler", "row") and has_border:
        return "row"
    if has_border and BORDER.search(below) and RULER.fullmatch(below):
        return "header"
    if HEADING.fullmatch(line):
        return "heading"
    if RULE.fullmatch(line) or UNDERLINE.fullmatch(line):
        return "rule"
    if ITEM.fullmatch(line):
        return "item"
    if above in ("item", "continued") and line[:1].isspace():
        return "continued"
    return "heading" if UNDERLINE.fullmatch(below) else "text"


def _is_other_list(parts: Sequence[_Part], line: str) -> bool:
    """Whether an item begins another list: it is numbered and the last list is not, or the reverse."""
    return bool(parts) and _is_numbered(line) != _is_numbered(parts[-1].lines[0][1])


def _is_numbered(item: str) -> bool:
    """Whether an item of a list begins with a number."""
    return item.lstrip()[:1].isdecimal()


class _Table:
    """A table, which contains tracks if it has columns with artist and title.

    Attributes:
        has_tracks: whether it contains tracks.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        self._header = header = _cells(lines[0][1])
        self._rows = [(number, line, _cells(line)) for number, line, _ in lines[1:]]
        roles = columns_by_role(header)
        artists, titles = roles.get("artist", []), [name for name in roles.get("title", []) if not self._numbers(name)]
        self._artist = header.index(artists[0]) if len(artists) == 1 else None
        self._title = header.index(titles[0]) if len(titles) == 1 else None
        album = album_column(header, {role: names[0] for role, names in roles.items()})
        self._album = None if album is None else header.index(album)
        names = [] if self._title is None else [cells[self._title] for *_, cells in self._rows if self._has_all(cells)]
        self._separator = separator_of(names)
        are_names = 2 * sum(self._separator in name for name in names) > len(names)
        self.has_tracks = len(titles) == 1 and (self._artist is not None or (names_title(titles[0]) and are_names))

    def records(self, row: Row) -> Iterator[Record]:
        """Yield the tracks as rows; all fields except artist, title and album are copied from `row`.

        The rows of a table without tracks are left out.
        """
        for number, line, cells in self._rows:
            if not self.has_tracks or self._title is None:
                yield number, line, OTHER_ROW
            elif not self._has_all(cells):
                yield number, line, wrong_width(cells, len(self._header))
            else:
                artist, title = "" if self._artist is None else cells[self._artist], cells[self._title]
                if self._artist is None and self._separator in title:
                    artist, _, title = title.partition(self._separator)
                album = "" if self._album is None or self._album >= len(cells) else cells[self._album]
                yield number, line, row._replace(artist=artist, title=title, album=album_of(album))

    def _has_all(self, cells: Sequence[str]) -> bool:
        """Whether a row is long enough to have the cells of artist and title."""
        return len(cells) > max(self._artist or 0, self._title or 0)

    def _numbers(self, name: str) -> bool:
        """Whether a column contains only numbers."""
        at = self._header.index(name)
        return all(NUMBER.fullmatch(cells[at]) for *_, cells in self._rows if at < len(cells))


class _List:
    """A list, which contains tracks if most of its items have one of two forms.

    One form is "Artist - Title". The other is a title that is in quotes, a link or emphasized, followed by "by" and the
    artist.

    Attributes:
        has_tracks: whether it contains tracks.
        is_by_artist: whether most of its items have the second form.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = [(number, line) for number, line, _ in lines]
        found = [(at, match) for at, (_, line) in enumerate(self._lines) if (match := ITEM.fullmatch(line))]
        self._separator = separator_of([plain(match[2]) for _, match in found])
        indents = [len(match[1].expandtabs(4)) for _, match in found]
        # An item with nested items below it is the heading of these items, unless it has both artist and title itself.
        texts = {
            at: match[2]
            for (at, match), indent, below in zip(found, indents, [*indents[1:], 0], strict=True)
            if indent >= below or self._separator in plain(match[2])
        }
        by_artist = {at: _names_by(text) for at, text in texts.items()}
        self.is_by_artist = 2 * sum(names is not None for names in by_artist.values()) > len(texts)
        self._names: dict[int, tuple[str, str]]  # index of a line -> artist and title
        if self.is_by_artist:
            self._names = {at: by_artist[at] or ("", plain(text)) for at, text in texts.items()}
        else:
            self._names = self._split({at: plain(text) for at, text in texts.items()})
        self.has_tracks = 2 * sum(bool(artist) for artist, _ in self._names.values()) > len(self._names)

    def _split(self, texts: Mapping[int, str]) -> dict[int, tuple[str, str]]:
        """Split the text of each line at the separator of the list; return line index -> artist and title."""
        marks = LineMarks(list(texts.values()))
        parts = {at: marks.name_on(text)[0].partition(self._separator) for at, text in texts.items()}
        return {at: (first, rest) if found else ("", first) for at, (first, found, rest) in parts.items()}

    def __len__(self) -> int:
        return len(self._lines)

    def records(self, row: Row) -> Iterator[Record]:
        """Yield the tracks as rows; all fields except artist and title are copied from `row`.

        Headings, and the items of a list without tracks, are left out.
        """
        for at, (number, line) in enumerate(self._lines):
            if self.has_tracks and at in self._names:
                artist, title = self._names[at]
                yield number, line, row._replace(artist=artist, title=title)
            else:
                yield number, line, OTHER_ITEM if ITEM.fullmatch(line) else TEXT


class _Text:
    """Lines of text, which contain no tracks."""

    has_tracks = False

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines

    def records(self, _row: Row) -> Iterator[Record]:
        """Yield the lines; each is left out, or rejected if it cannot be decoded."""
        yield from ((number, line, fault or TEXT) for number, line, fault in self._lines)


CONTENT: Mapping[str, type[_Table | _List | _Text]] = {"table": _Table, "list": _List, "text": _Text}


def _names_by(text: str) -> tuple[str, str] | None:
    """Return artist and title of an item whose title is in quotes, a link or emphasized; None for other text.

    The title must be followed by "by" and the artist.

    >>> _names_by('"Stand by Me" by Ada'), _names_by("[Rain](https://music.example/1) by **Nell**"), _names_by("A by B")
    (('Ada', 'Stand by Me'), ('Nell', 'Rain'), None)
    """
    found = TITLE_BY.fullmatch(text)
    return (plain(found[found.lastindex or 0]), plain(next(filter(None, found.groups())))) if found else None


def _cells(line: str) -> list[str]:
    """Return the cells of a row as text."""
    cells = BORDER.split(line.strip().removeprefix("|"))
    return [plain(cell) for cell in (cells if cells[-1].strip() else cells[:-1])]
