"""Read the fields of CSV and TSV rows, with the number of the line on which each row ends."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from skipgramophone.errors import FormatError
from skipgramophone.playlists.readers.lines import BYTE_ORDER_MARK, Line, numbered_lines
from skipgramophone.playlists.readers.source_files import OpenFile
from skipgramophone.wording import plural

DELIMITERS = "\t,;|"
MARK = BYTE_ORDER_MARK.decode()
REPEATED = "a repeated header"
LONGEST_FIELD = 1 << 20  # maximum number of characters of a field; longer fields are refused
NamedFieldsRecord = tuple[int, str, dict[str, str] | str]  # like `FieldsRecord`, but column name -> field
FieldsRecord = tuple[int, str, list[str] | str]  # line number, text, fields or reason for rejecting the row


def fields_of(line: str, delimiter: str = ",") -> list[str]:
    """Split one line into fields; return an empty list if that fails."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def delimiter_of(line: str) -> str:
    """Return the delimiter of a header: comma, tab, semicolon or pipe, whichever gives the most fields.

    >>> delimiter_of('artist\\ttitle, as billed')
    '\\t'
    """
    return max(DELIMITERS, key=lambda delimiter: len(fields_of(line, delimiter)))


def read_fields(stream: OpenFile, delimiter: str | None = None) -> Iterator[FieldsRecord]:
    """Yield the fields of each row of a file; by default, the delimiter is detected from the first line.

    Raises:
        SourceError: a quoted field does not end.
    """
    return fields_in(numbered_lines(stream), stream.file.display_name, delimiter)


def fields_in(lines: Iterator[Line], display_name: str, delimiter: str | None = None) -> Iterator[FieldsRecord]:
    """Yield the fields of each row in `lines`, like `read_fields`; `display_name` is the file's name in errors.

    If a quoted field is followed by other text, as in `Bowie,"Heroes" (live)`, the quotes are part of the fields of
    this row.

    Raises:
        SourceError: a quoted field does not end.
    """
    faults: list[FieldsRecord] = []
    number = lines_read = 0
    text = ""

    def good_lines() -> Iterator[str]:
        nonlocal number, lines_read, text
        for at, line, fault in lines:
            if fault:
                faults.append((at, line, fault))
            else:
                number, text, lines_read = at, line, lines_read + 1
                yield line + "\n"

    csv.field_size_limit(LONGEST_FIELD)
    first = next(lines, None)
    if first is None:
        return
    delimiter = delimiter or delimiter_of(first[1])
    lines = _chained(first, lines)
    rows = csv.reader(good_lines(), delimiter=delimiter, strict=True)
    while True:
        before = lines_read
        try:
            fields = next(rows, None)
        except csv.Error as error:
            is_after_quote = lines_read == before + 1 and "expected after" in str(error)
            fields = literal_fields(text, delimiter) if is_after_quote else []
            if not fields:
                remedy = "; write a quote inside a quoted field twice" if '"' in text else ""
                raise FormatError(f"{display_name}, line {number}: {error}{remedy}") from error
        if fields is None:
            break
        yield from faults
        faults.clear()
        yield number, delimiter.join(fields), fields or "blank line"
    yield from faults


def literal_fields(line: str, delimiter: str) -> list[str]:
    """Split a line into fields with their quotes, if its quotes are parts of names; otherwise return an empty list.

    Quotes are not parts of names if they enclose a whole field, or if the line has an odd number of quotes. The result
    is also empty if the line contains a carriage return, which the module `csv` does not accept outside of quotes.

    >>> literal_fields('Bowie,"Heroes" (live)', ","), literal_fields('"Bowie","Heroes" (live)', ",")
    (['Bowie', '"Heroes" (live)'], [])
    """
    try:
        fields = next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
    except csv.Error:
        return []
    in_quotes = any(len(field) > 1 and field[0] == field[-1] == '"' for field in fields)
    return [] if in_quotes or line.count('"') % 2 else fields


def read_named_fields(
    stream: OpenFile, required: Sequence[str], what: str, delimiter: str | None = None
) -> Iterator[NamedFieldsRecord]:
    """Yield the fields of each row of a file with a header, as column -> field.

    Args:
        stream: the file; its first line is the header.
        required: columns that the header must have.
        what: description of the expected content, for error messages.
        delimiter: the delimiter; by default, it is detected from the header.

    Raises:
        SourceError: the header lacks a column, or a quoted field does not end.
    """
    return named_fields_in(read_fields(stream, delimiter), stream.file.display_name, required, what)


def named_fields_in(
    records: Iterator[FieldsRecord], display_name: str, required: Sequence[str], what: str
) -> Iterator[NamedFieldsRecord]:
    """Yield the fields of each row in `records`, like `read_named_fields`; the first record is the header.

    Raises:
        SourceError: the header lacks a column, or a quoted field does not end.
    """
    for _, _, fields in records:
        header = () if isinstance(fields, str) else [name.strip() for name in fields]
        if not set(required) <= set(header):
            columns = ", ".join(required)
            raise FormatError(f"{display_name} is not {what}: its first line needs the columns {columns}")
        yield from fields_by_name(records, header)


def fields_by_name(records: Iterable[FieldsRecord], header: Sequence[str]) -> Iterator[NamedFieldsRecord]:
    """Yield the fields of each row in `records`, which have no header, as column -> field."""
    for number, line, fields in records:
        if isinstance(fields, str) or len(fields) != len(header):
            yield number, line, fields if isinstance(fields, str) else wrong_width(fields, len(header))
        elif repeats_header(fields, header):
            yield number, line, REPEATED
        else:
            yield number, line, dict(zip(header, fields, strict=True))


def wrong_width(fields: Sequence[str], width: int) -> str:
    """Return the reason for rejecting a row with a wrong number of fields."""
    return f"{plural(len(fields), 'field')} instead of {width}"


def repeats_header(fields: Sequence[str], header: Sequence[str]) -> bool:
    """Whether a row is the header again, as in several files joined with `cat`.

    A byte order mark before it is ignored. The result is false for a table with a single column, because a value in it
    may be the same as the name of the column.
    """
    return len(header) > 1 and list(fields[1:]) == list(header[1:]) and fields[0] in spellings_of(header[0])


def spellings_of(name: str) -> tuple[str, str, str]:
    """Return the forms in which the name of the first column is read if the header is repeated.

    If several files are joined, a byte order mark may come before the header of a later file. If the name is in quotes
    after this mark, the quotes are not removed, because the field does not begin with a quote.
    """
    return name, MARK + name, f'{MARK}"{name}"'


def _chained(first: tuple[int, str, str], rest: Iterator[Line]) -> Iterator[Line]:
    """Yield a line that was already read, then the other lines."""
    yield first
    yield from rest
