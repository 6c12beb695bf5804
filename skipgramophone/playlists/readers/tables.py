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
NamedFieldsRecord = tuple[int, str, dict[str, str] | str]  # like `FieldsRecord`, but fields by column name
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

    Raises:
        SourceError: a quoted field does not end.
    """
    faults: list[FieldsRecord] = []
    number = 0

    def good_lines() -> Iterator[str]:
        nonlocal number
        for at, line, fault in lines:
            if fault:
                faults.append((at, line, fault))
            else:
                number = at
                yield line + "\n"

    csv.field_size_limit(LONGEST_FIELD)
    first = next(lines, None)
    if first is None:
        return
    delimiter = delimiter or delimiter_of(first[1])
    lines = _chained(first, lines)
    try:
        for fields in csv.reader(good_lines(), delimiter=delimiter, strict=True):
            yield from faults
            faults.clear()
            yield number, delimiter.join(fields), fields or "blank line"
    except csv.Error as error:
        raise FormatError(f"{display_name}, line {number}: {error}") from error
    yield from faults


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

    A byte order mark before it is ignored. A table with a single column may contain its own name as a value.
    """
    return len(header) > 1 and list(fields[1:]) == list(header[1:]) and fields[0] in spellings_of(header[0])


def spellings_of(name: str) -> tuple[str, str, str]:
    """Return a field, and the same field as it is read below another file: after a byte order mark, perhaps in quotes.

    A quote after a byte order mark is not at the start of the field, so it is not removed.
    """
    return name, MARK + name, f'{MARK}"{name}"'


def _chained(first: tuple[int, str, str], rest: Iterator[Line]) -> Iterator[Line]:
    """Yield a line that was already read, then the other lines."""
    yield first
    yield from rest
