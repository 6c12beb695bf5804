"""Answers the queries on the lines of standard input, one after another.

jsonl       one JSON object per line of input: the answer, or an error (the default)
csv, tsv    one table of all answers, with the query in the first column; errors go to standard error
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

import typer

from skipgramophone.cli import answers, render
from skipgramophone.errors import SettingError, SgpError, SourceError, TrackNameError
from skipgramophone.wording import plural

LONGEST_QUERY = 64 << 20  # maximum number of bytes of a line; a longer line would fill the memory
READ_AT_ONCE = 1 << 16  # maximum number of bytes per read of standard input
ANSWERED_AT_ONCE = 64  # maximum number of queries that are answered in one batch
Asked = TypeVar("Asked")
QueryError = TrackNameError | SettingError


@dataclass(frozen=True, slots=True)
class Line:
    """A line of standard input."""

    number: int  # from 1
    text: str
    query: object  # the line after parsing, or the text if it cannot be parsed


class LinePrinter(Protocol):
    """Protocol: prints the answers to the lines of standard input."""

    def answer(self, line: Line, answer: Any) -> None:
        """Print the answer to a line."""

    def error(self, line: Line, error: QueryError) -> None:
        """Print the error of a line."""

    def close(self) -> None:
        """Print what follows the last answer."""


class JsonLines:
    """Prints one JSON object per line of input."""

    def __init__(self, record: Callable[[Any], dict[str, Any]]) -> None:
        """Prepare to print; `record` converts an answer to a JSON object."""
        self._record = record

    def answer(self, line: Line, answer: Any) -> None:
        """Print the answer to a line."""
        render.print_json_line({"query": line.query} | self._record(answer))

    def error(self, line: Line, error: QueryError) -> None:
        """Print the error of a line; all errors have the same keys."""
        names, tracks = (error.candidates, error.tracks) if isinstance(error, TrackNameError) else ((), ())
        render.print_json_line(
            {
                "query": line.query,
                "error": error.on_command_line,
                "exit_code": error.exit_code,
                "candidates": list(names),
                "tracks": list(map(answers.track_record, tracks)),
            }
        )

    def close(self) -> None:
        """Print nothing: each answer is complete."""


class TableLines:
    """Prints one CSV or TSV table of the answers to all lines, with the query in the first column.

    Notes and errors go to standard error, with the number of the line. A note that is the same for several lines is
    printed only once.
    """

    def __init__(
        self, rows: Callable[[Any], Sequence[Mapping[str, object]]], format: str, *, safe_cells: bool, quiet: bool
    ) -> None:
        """Prepare to print.

        Args:
            rows: returns the rows of an answer.
            format: "csv" or "tsv".
            safe_cells: whether cells that a spreadsheet would read as formulas are escaped.
            quiet: whether notes are left out; errors are always printed.
        """
        self._rows, self._format, self._safe_cells, self._quiet = rows, format, safe_cells, quiet
        self._lines = self._errors = 0
        self._has_header = False
        self._notes: set[str] = set()

    def answer(self, line: Line, answer: Any) -> None:
        """Print the rows of an answer, below the header if they are the first ones."""
        self._lines = line.number
        for note in answer.notes:
            if note not in self._notes:
                render.note(f"line {line.number:,}: {note}", self._quiet)
                self._notes.add(note)
        rows = [{"query": line.text} | dict(row) for row in self._rows(answer)]
        print_rows = render.print_csv if self._format == "csv" else render.print_tsv
        print_rows(render.with_safe_cells(rows, self._safe_cells), header=not self._has_header)
        self._has_header = self._has_header or bool(rows)
        sys.stdout.flush()  # a reader may be waiting

    def error(self, line: Line, error: QueryError) -> None:
        """Print the error of a line."""
        self._lines = line.number
        self._errors += 1
        render.error(SgpError(f"line {line.number:,}: {error.on_command_line}"))

    def close(self) -> None:
        """Print how many lines have no answer."""
        if self._errors:
            have = "has" if self._errors == 1 else "have"
            render.error(SgpError(f"{self._errors:,} of {plural(self._lines, 'line')} {have} no answer"))


def line_printer(
    format: str,
    *,
    record: Callable[[Any], dict[str, Any]] = answers.record,
    rows: Callable[[Any], Sequence[Mapping[str, object]]] = answers.rows,
    safe_cells: bool = False,
    quiet: bool = False,
) -> LinePrinter:
    """Return what prints the answers to lines in a format.

    Args:
        format: the format; "table" and "json" mean one JSON object per line, too.
        record: converts an answer to a JSON object.
        rows: returns the rows of an answer for CSV and TSV.
        safe_cells: whether cells of CSV and TSV that a spreadsheet would read as formulas are escaped.
        quiet: whether notes on CSV and TSV are left out.

    Raises:
        SettingError: answers to several queries cannot be written in this format.
    """
    if format in render.TABLE_FORMATS:
        return TableLines(rows, format, safe_cells=safe_cells, quiet=quiet)
    if format not in ("table", "json", "jsonl"):
        raise SettingError(
            f"with --stdin the output is one JSON object per query, or a table (--format csv or tsv), not {format}"
        )
    return JsonLines(record)


def answer_lines(
    read: Callable[[str], Asked], answer: Callable[[list[Asked]], Sequence[Any]], printer: LinePrinter
) -> None:
    """Answer the lines of standard input as they arrive; if some lines fail, exit with the lowest of their exit codes.

    Args:
        read: parses one line into a query.
        answer: takes several queries, and returns an answer, a `TrackNameError` or a `SettingError` for each of them.
        printer: prints the answers.
    """
    codes, number = set(), 0
    for lines in _available_lines():
        queries: list[Asked | SettingError] = []
        for text in lines:
            try:
                queries.append(read(text))
            except SettingError as error:
                queries.append(error)
        found = iter(answer([query for query in queries if not isinstance(query, SettingError)]))
        for text, query in zip(lines, queries, strict=True):
            number += 1
            outcome = query if isinstance(query, SettingError) else next(found)
            line = Line(number, text, text if isinstance(query, SettingError) else query)
            if isinstance(outcome, TrackNameError | SettingError):
                codes.add(outcome.exit_code)
                printer.error(line, outcome)
            else:
                printer.answer(line, outcome)
    printer.close()
    if codes:
        raise typer.Exit(min(codes))


def _available_lines() -> Iterator[list[str]]:
    """Yield lists of lines of standard input, without line ends, as soon as they arrive.

    Raises:
        SourceError: a line is too long to be a query.
    """
    stream, pieces, size = cast(io.BufferedReader, sys.stdin.buffer), [], 0  # the parts of a line that have arrived
    while data := stream.read1(READ_AT_ONCE):
        piece, *others = data.split(b"\n")
        pieces.append(piece)
        size += len(piece)
        if size > LONGEST_QUERY:
            raise SourceError(f"standard input: a line is longer than {LONGEST_QUERY >> 20} MiB, so it is not a query")
        if others:
            lines = [b"".join(pieces), *others[:-1]]
            pieces, size = [others[-1]], len(others[-1])
            for start in range(0, len(lines), ANSWERED_AT_ONCE):
                yield list(map(_decode, lines[start : start + ANSWERED_AT_ONCE]))
    if size:
        yield [_decode(b"".join(pieces))]


def _decode(line: bytes) -> str:
    """Decode a line; undecodable bytes become replacement characters."""
    return line.decode(sys.stdin.encoding, "replace").removesuffix("\r")
