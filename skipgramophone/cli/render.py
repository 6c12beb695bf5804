"""Prints tables, JSON and CSV on standard output, and notes and errors on standard error.

Names may contain any text: markup and emoji codes in them are not interpreted, and control characters are escaped. On a
terminal, tables are fitted to its width. Elsewhere nothing is coloured, wrapped or cut, unless the environment variable
COLUMNS sets a width.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from skipgramophone.cli.table_layout import lay_out, shortened
from skipgramophone.cli.word_wrap import wrapped
from skipgramophone.errors import SgpError, StorageError, TrackNameError
from skipgramophone.wording import STEERING, safe_cell, visible

UNLIMITED = 1_000_000_000  # width when the output is not a terminal and COLUMNS is not set
MOST_COLUMNS = 100  # width of a curve when the output is not a terminal
WIDEST_STEP = 4  # maximum width of one value of a curve, in characters
LONGEST_BAR = 40
LEAST_ENTRY = 10  # minimum width of an entry of a numbered list
SIZES = ("COLUMNS", "LINES")  # variables that set the size of a terminal
TABLE_FORMATS = ("csv", "tsv")  # formats of answers for spreadsheets
BLOCKS = " ▁▂▃▄▅▆▇█"
PARTS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")  # block characters that fill 0 to 7 eighths of a cell


class _Console(Console):
    """A Rich console that raises an error if the output pipe is closed. Rich itself would exit with code 1."""

    def on_broken_pipe(self) -> None:
        """Raise again the BrokenPipeError that Rich has caught."""
        raise


def console(stream: IO[str]) -> Console:
    """Return a Rich console that does not interpret markup or emoji codes in text."""
    environment = _valid_environment()
    width = None if stream.isatty() else int(environment.get("COLUMNS", UNLIMITED))
    return _Console(file=stream, width=width, markup=False, emoji=False, highlight=False, _environ=environment)


def _valid_environment() -> dict[str, str]:
    """Return the environment without COLUMNS or LINES if they are invalid, because Rich cannot read such values."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in SIZES or (value.isascii() and value.isdecimal() and int(value))
    }


def error(failure: SgpError) -> None:
    """Print an error as one line, with candidate names below it."""
    summary, names = failure.on_command_line, tuple[str, ...]()
    if isinstance(failure, TrackNameError):
        names = failure.candidates
        summary = failure.summary_on_command_line if names else summary
    _print_stderr(f"error: {visible(summary)}")
    for name in names:
        _print_stderr(f"  {visible(name)}")
    if isinstance(failure, TrackNameError) and names and failure.advice_on_command_line:
        _print_stderr(visible(failure.advice_on_command_line))


def note(text: str, quiet: bool) -> None:
    """Print a note on standard error, unless `quiet` is set."""
    if not quiet:
        _print_stderr(visible(text), style="dim")


def _print_stderr(line: str, style: str = "") -> None:
    """Print a line on standard error; on a terminal, long sentences wrap between words. Indented names never wrap.

    Standard output is flushed first, so that lines keep their order if both streams go to the same place. A failure
    is ignored, because there is no other place to report it.
    """
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        to = console(sys.stderr)
        for part in wrapped(line, to.width) if to.is_terminal and not line.startswith(" ") else [line]:
            to.print(Text(part, style=style), soft_wrap=True)


def entry(number: int, words: str, stream: IO[str]) -> None:
    """Print an entry of a numbered list; on a terminal, it wraps between words, and all lines have the same indent."""
    to, label = console(stream), f"{number:>4}   "
    shown, room = Text(visible(words)), max(LEAST_ENTRY, to.width - len(label))
    style = "dim" if stream is sys.stderr else ""
    for line in shown.wrap(to, room) if to.is_terminal else [shown]:
        to.print(Text(label) + line, style=style, soft_wrap=True)
        label = " " * len(label)


def json_text(value: Any, indent: int | None = 2) -> str:
    """Return a value as JSON text in which control characters are escaped as \\uXXXX.

    Without `indent`, the text is one line. If the encoding of standard output is not Unicode, all non-ASCII characters
    are escaped; a JSON reader restores them.
    """
    is_unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    text = json.dumps(value, ensure_ascii=not is_unicode, indent=indent, allow_nan=False)
    return STEERING.sub(lambda found: "\n" if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)


def print_json(value: Any) -> None:
    """Print a value as JSON on standard output."""
    sys.stdout.write(json_text(value) + "\n")


def print_json_line(value: Any) -> None:
    """Print a value as one line of JSON on standard output, and flush it, because a reader may be waiting."""
    sys.stdout.write(json_text(value, indent=None) + "\n")
    sys.stdout.flush()


def short(value: object, digits: int = 4) -> str:
    """Format a float with a number of significant digits, None as empty text, and any other value as text."""
    if isinstance(value, float):
        return f"{value:.{digits}g}"
    return "" if value is None else str(value)


def print_answer(
    format: str, record: Callable[[], object], rows: Callable[[], Sequence[Mapping[str, object]]], safe_cells: bool
) -> bool:
    """If the format is JSON, JSON lines, CSV or TSV, print an answer and return True.

    For any other format, print nothing and return False.

    Args:
        format: the format.
        record: returns the answer as JSON.
        rows: returns the rows of the answer for CSV and TSV.
        safe_cells: whether cells that a spreadsheet would read as formulas are escaped.
    """
    if format == "json":
        print_json(record())
    elif format == "jsonl":
        print_json_line(record())
    elif format in TABLE_FORMATS:
        (print_csv if format == "csv" else print_tsv)(with_safe_cells(rows(), safe_cells))
    else:
        return False
    return True


def with_safe_cells(rows: Sequence[Mapping[str, object]], safe_cells: bool) -> Sequence[Mapping[str, object]]:
    """Return rows; if `safe_cells` is set, texts that a spreadsheet would read as formulas are escaped."""
    if not safe_cells:
        return rows
    return [{name: safe_cell(cell) if isinstance(cell, str) else cell for name, cell in row.items()} for row in rows]


def print_csv(records: Sequence[Mapping[str, object]], header: bool = True) -> None:
    """Print records as CSV, below a header if `header`, on standard output; print nothing if there are no records."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]) if records else [], lineterminator="\n")
    if records and header:
        writer.writeheader()
    for record in records:
        writer.writerow({name: "" if value is None else visible(str(value)) for name, value in record.items()})
    print_data(text.getvalue())


def print_tsv(records: Sequence[Mapping[str, object]], header: bool = True) -> None:
    """Print records as tab-separated values without quotes; tabs in texts are escaped, like all control characters."""
    rows = [["" if value is None else visible(str(value)) for value in record.values()] for record in records]
    lines = [list(records[0]), *rows] if records and header else rows
    print_data("".join("\t".join(line) + "\n" for line in lines))


def print_file(path: Path) -> None:
    """Copy a file to standard output."""
    with path.open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)


def print_data(text: str) -> None:
    """Print text for other programs on standard output.

    Raises:
        StorageError: the encoding of standard output cannot represent a character.
    """
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError as error:
        raise StorageError(
            f"standard output has the encoding {error.encoding}, which cannot represent {text[error.start]!a}: "
            "set PYTHONIOENCODING=utf-8, or use --format json"
        ) from error
    sys.stdout.write(text)


def facts(title: str, rows: Iterable[tuple[str, str]], *, fold_words: bool = False) -> None:
    """Print a table of labels and values on standard output.

    Values wrap between words only, so that options and paths can be copied. With `fold_words`, a word that is too long
    for a line is broken as well.
    """
    text(title, style="bold")
    to, rows = console(sys.stdout), list(rows)
    wide = 2 + max((cell_len(name) for name, _ in rows), default=0)
    for name, value in rows:
        label, room = name + " " * (wide - cell_len(name)), max(LEAST_ENTRY, to.width - wide)
        words = visible(value)
        for line in [part.plain for part in Text(words).wrap(to, room)] if fold_words else wrapped(words, room):
            to.print(Text((label + line).rstrip()), soft_wrap=True)
            label = " " * wide


def listing(title: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]]) -> bool:
    """Print a table with a header on standard output; without rows, print only the title.

    Each column has a heading and a kind: "text", "name" or "number". If the terminal is too narrow, cells of kind
    "text" are shortened; see `table_layout`. Return whether cells were shortened.
    """
    to = console(sys.stdout)
    text(title, style="bold")
    cells = [[visible(cell) for cell in row] for row in rows]
    if not cells:
        return False
    blocks, whole = lay_out(columns, cells, to.width), {cell for row in cells for cell in row}
    for number, block in enumerate(blocks):
        if number:
            text("")
        table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, block.gap - 2, 0, 1))
        for column in block.columns:
            justify: JustifyMethod = "right" if column.kind == "number" else "left"
            heading = shortened([column.heading], column.width)[0]
            table.add_column(Text(heading), justify=justify, no_wrap=True, width=column.width)
        for row in zip(*(column.cells for column in block.columns), strict=True):
            table.add_row(*map(Text, row))
        _print_table(to, table)
    printed = (cell for block in blocks for column in block.columns for cell in column.cells)
    return any(cell not in whole for cell in printed)


@cache
def hint_at_full_names() -> None:
    """Print, at most once per process, how to see the full names that a table has shortened."""
    is_set = "COLUMNS" in _valid_environment()
    cure = "unset COLUMNS or set it to a larger width" if is_set else "widen the window or pipe the output (| less -S)"
    note(f"names are shortened: to see them in full, {cure}", quiet=False)


def histogram(columns: Sequence[str], rows: Sequence[Sequence[str]], values: Sequence[float], of: str) -> None:
    """Print a table of numbers on standard output; the last column, with heading `of`, shows the values as bars."""
    to = console(sys.stdout)
    taken = sum(max(cell_len(row[at]) for row in (columns, *rows)) + 3 for at in range(len(columns)))
    room = max(1, min(to.width - taken, LONGEST_BAR))
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in columns:
        table.add_column(Text(name), justify="right", no_wrap=True)
    table.add_column(Text(of), no_wrap=True)
    for row, value in zip(rows, values, strict=True):
        eighths = round(8 * room * value / max(values)) or (value > 0)
        table.add_row(*map(Text, row), Text("█" * (eighths // 8) + PARTS[eighths % 8]))
    _print_table(to, table)


def curve(title: str, values: Sequence[float], of: str, height: int = 8) -> None:
    """Draw positive values as a curve of block characters on standard output, on a logarithmic scale.

    If there are more values than columns of characters, adjacent values are averaged. The line below the curve shows
    to what a value belongs (the argument `of`, such as "epoch"), 1 for the first value, and the number of values.
    """
    to = console(sys.stdout)
    room = max(10, min(to.width, MOST_COLUMNS) - 12)
    each = -(-len(values) // room)
    columns = [sum(values[at : at + each]) / len(values[at : at + each]) for at in range(0, len(values), each)]
    wide = min(WIDEST_STEP, room // len(columns))
    low, high = min(columns), max(columns)
    logs = [math.log(value) for value in columns]
    each_log = (8 * height - 1) / (max(logs) - min(logs) or 1)
    eighths = [round(1 + (log - min(logs)) * each_log) for log in logs]
    text(title)
    for row in reversed(range(height)):
        bars = "".join(BLOCKS[max(0, min(8, filled - 8 * row))] * wide for filled in eighths)
        label = f"{high:.3f}" if row == height - 1 else f"{low:.3f}" if row == 0 else ""
        text(f"{label:>9} {bars}".rstrip())
    text(f"{of:>9} 1{len(values):>{wide * len(columns) - 1},}")


def text(line: str, style: str = "") -> None:
    """Print a line on standard output."""
    to = console(sys.stdout)
    to.print(Text(visible(line), style=style), soft_wrap=not to.is_terminal)


def copyable(line: str) -> None:
    """Print a command on standard output without line breaks, so that it can be copied even if a terminal wraps it."""
    console(sys.stdout).print(Text(visible(line)), soft_wrap=True)


def _print_table(to: Console, table: Table) -> None:
    """Print a table without trailing spaces."""
    with to.capture() as captured:
        to.print(table)
    sys.stdout.write("".join(line.rstrip() + "\n" for line in captured.get().splitlines()))
