"""Computes the layout of a table on a terminal: column widths, short headings, and blocks of columns.

Numbers and names of experiments are never shortened. The other texts share the remaining width. A shortened text still
shows the version of a track, such as "Live". Texts that were different before shortening are different afterwards. If a
table is still too wide, its columns are split into several blocks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

ELLIPSIS = "…"
GAPS = (3, 2)  # number of spaces between columns: usually, and in a table that is too wide
LEAST_TEXT = 8  # minimum width of a text
# Minimum width at which a text is shortened before its remark (such as "- Live"), so that the remark stays visible. A
# narrower text is shortened at its end.
LEAST_WITH_REMARK = 12
REMARK = re.compile(r"(?<=\S)(?:\s-\s+|\s+(?=[(\[]))")  # the gap before a remark such as "- Live" or "(feat. A)"
GUESTS = re.compile(r"[(\[]?(?:feat|ft|featuring)\b", re.IGNORECASE)
JOINER = "\u200d"  # joins two characters into one symbol
SHORT_HEADINGS = {
    "rank": "#",
    "similarity": "sim.",
    "window_size": "window",
    "embedding_dim": "dim",
    "negatives": "neg.",
    "noise_exponent": "noise",
    "learning_rate": "lr",
}


@dataclass(frozen=True, slots=True)
class LaidColumn:
    """A column of a table: heading and cells as they are printed, width, and kind ("text", "name" or "number")."""

    heading: str
    cells: Sequence[str]
    width: int
    kind: str


@dataclass(frozen=True, slots=True)
class Block:
    """Columns that are printed side by side, and the number of spaces between them."""

    columns: Sequence[LaidColumn]
    gap: int


def lay_out(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]], width: int) -> list[Block]:
    """Lay out a table so that it fits a width.

    A table that fits without changes becomes one block. If it is too wide, gaps are narrowed and headings are shortened
    first; if this is not enough, texts are shortened. If it is still too wide, its columns are split into several
    blocks. Each block repeats the first columns that are needed to tell the rows apart, or only the first column if
    there is no room for more.

    Args:
        columns: heading and kind of each column; "text" may be shortened, "name" and "number" may not.
        rows: rows with one cell per column.
        width: width of the terminal in characters.
    """
    whole = []
    for at, (heading, kind) in enumerate(columns):
        cells = [row[at] for row in rows]
        whole.append(LaidColumn(heading, cells, _widest(heading, cells), kind))
    for gap in GAPS:
        if _total(whole, gap) <= width:
            return [Block(whole, gap)]
    least = list(map(_least, whole))
    repeated = least[: _keys(columns, rows)]
    if any(_total([*repeated, column], gap) > width for column in least[len(repeated) :]):
        repeated = least[:1]
    if repeated[0].width > width // 2:
        repeated = [LaidColumn(repeated[0].heading, repeated[0].cells, width // 2, "text")]
    blocks, block = list[list[LaidColumn]](), [*repeated]
    for column in least[len(repeated) :]:
        if column.kind == "name" and _total([*repeated, column], gap) > width:
            column = LaidColumn(column.heading, column.cells, LEAST_TEXT, "text")
        if len(block) > len(repeated) and _total([*block, column], gap) > width:
            blocks.append(block)
            block = [*repeated]
        block.append(column)
    return [Block(_fitted(block, width, gap), gap) for block in [*blocks, block]]


def _keys(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]]) -> int:
    """Return how many columns, counted from the first, are needed to distinguish all rows.

    Return 1 if one of these columns would have the kind "number", or if two rows are equal in all columns.
    """
    for at, (_, kind) in enumerate(columns, 1):
        if kind == "number":
            return 1
        if len({tuple(row[:at]) for row in rows}) == len(rows):
            return at
    return 1


def _least(column: LaidColumn) -> LaidColumn:
    """Return a column with its short heading and its minimum width."""
    heading = SHORT_HEADINGS.get(column.heading, column.heading)
    natural = _widest(heading, column.cells)
    is_text = column.kind == "text"
    width = min(natural, max(LEAST_TEXT, cell_len(heading))) if is_text else natural
    return LaidColumn(heading, column.cells, width, column.kind)


def shortened(texts: Sequence[str], width: int) -> list[str]:
    """Shorten texts to a width, so that different texts remain different.

    An ellipsis replaces the end of a text. If this would hide a remark, such as the version of a track, the ellipsis
    replaces the part before the remark. A guest artist is treated as a remark only if the text has no other remark. If
    several texts would then look the same, the ellipsis replaces the part before the first character in which they
    differ.

    >>> shortened(["Teacup of the Kettle - Acoustic", "Letter to a Pencil (feat. Zofie)", "Corner, Kettle, Pencil"], 20)
    ['Teacup of t…Acoustic', 'Letter to…(feat. Zo…', 'Corner, Kettle, Pen…']
    """
    short = {text: _shortened(text, width) for text in texts}
    _tell_apart(list(short), short, width)
    return [short[text] for text in texts]


def _shortened(text: str, width: int) -> str:
    """Shorten one text to a width, and keep at least the beginning of its main remark visible."""
    if cell_len(text) <= width:
        return text
    kept = _beginning(text, width - 1)
    starts = [found.end() for found in REMARK.finditer(text)]
    if starts and width >= LEAST_WITH_REMARK:
        start = next((start for start in starts if not GUESTS.match(text, start)), starts[0])
        visible, wanted = cell_len(kept[start:]), cell_len(text[start:])
        if visible < min(wanted, width // 2 - 1):
            return _around(text, start, width)
    return kept + ELLIPSIS


def _tell_apart(texts: Sequence[str], short: dict[str, str], width: int) -> None:
    """If several texts have the same short form, replace this form with forms that show where the texts differ."""
    alike: dict[str, list[str]] = {}
    for text in texts:
        alike.setdefault(short[text], []).append(text)
    for group in alike.values():
        if len(group) < 2:
            continue
        shared = _shared_letters(group)
        before = {text: short[text] for text in group}
        short |= {text: _around(text, shared, width) for text in group if cell_len(text) > width}
        if any(short[text] != before[text] for text in group):
            _tell_apart(group, short, width)


def _around(text: str, at: int, width: int) -> str:
    """Return the beginning of a text, an ellipsis, and the rest from position `at`; the rest may be cut at its end."""
    tail = text[at:].lstrip() or _end(text, min(LEAST_TEXT, width // 2))
    if cell_len(tail) > width // 2:
        tail = _beginning(tail, width // 2 - 1) + ELLIPSIS
    beginning = _beginning(text, width - 1 - cell_len(tail)).rstrip()
    return beginning + ELLIPSIS + tail if cell_len(tail) < width else tail


def _shared_letters(texts: Sequence[str]) -> int:
    """Return the length of the common prefix of all texts."""
    low, high = min(texts), max(texts)
    return next((at for at, (one, other) in enumerate(zip(low, high, strict=False)) if one != other), len(low))


def _beginning(text: str, width: int) -> str:
    """Return as much of the beginning of a text as fits a width, without a joining character at its end."""
    end = 0
    while end < len(text) and cell_len(text[: end + 1]) <= width:
        end += 1
    return text[:end].rstrip(JOINER)


def _end(text: str, width: int) -> str:
    """Return as much of the end of a text as fits a width; it does not begin with an accent without its letter."""
    start = len(text)
    while start and cell_len(text[start - 1 :]) <= width:
        start -= 1
    while 0 < start < len(text) and not cell_len(text[start]):
        start += 1
    return text[start:]


def _fitted(block: Sequence[LaidColumn], width: int, gap: int) -> list[LaidColumn]:
    """Give the text columns the width that the other columns leave, and shorten texts that do not fit.

    Each text column gets an equal share. If it needs less, the others share the rest.
    """
    texts = [column for column in block if column.kind == "text"]
    wanted = {id(column): _widest(column.heading, column.cells) for column in texts}
    free = width - gap * (len(block) - 1) - sum(column.width for column in block if column.kind != "text")
    given: dict[int, int] = {}
    for left, column in enumerate(sorted(texts, key=lambda column: wanted[id(column)]), -len(texts)):
        given[id(column)] = max(1, min(wanted[id(column)], free // -left))
        free -= given[id(column)]
    fitted = []
    for column in block:
        room = given.get(id(column), column.width)
        cells = shortened(column.cells, room) if column.kind == "text" else column.cells
        fitted.append(LaidColumn(column.heading, cells, room, column.kind))
    return fitted


def _widest(name: str, cells: Sequence[str]) -> int:
    """Return the largest width among a heading and its cells."""
    return max(map(cell_len, (name, *cells)))


def _total(columns: Sequence[LaidColumn], gap: int) -> int:
    """Return the total width of columns and of the gaps between them."""
    return sum(column.width for column in columns) + gap * (len(columns) - 1)
