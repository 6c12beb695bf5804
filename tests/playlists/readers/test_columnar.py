"""The reader of tables returns the same rows whether Arrow reads them or Python reads record by record."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skipgramophone.errors import SgpError
from skipgramophone.playlists.readers import lines, ordering, plain
from skipgramophone.playlists.readers.columnar import NO_POSITION, NO_TITLE, ColumnsReader
from skipgramophone.playlists.readers.histories import (
    EARLIEST,
    NO_TABLE_TIME,
    Play,
    seconds_since_1970,
    split_into_sessions,
)
from skipgramophone.playlists.readers.missing_playlists import NO_ID, REASONS
from skipgramophone.playlists.readers.missing_values import MISSING
from skipgramophone.playlists.readers.numeric_times import LATEST
from skipgramophone.playlists.readers.rows import PLACEHOLDERS, Record, Row, RowBlock, gather_blocks, is_valid_text
from skipgramophone.playlists.readers.source_files import OpenFile, files_of
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.table_records import table_records

Read = tuple[list[dict[str, Any]], list[Any], int] | str
PIECES = st.sampled_from(
    [
        *'abé,;\t"\\ 1',
        '""',
        '"a,b"',
        "\r",
        "\0",
        "\ufeff",
        "\U0001f600",
        '"x""y"',
        "-",
        "<MISSING>",
        "",
        "[unknown]",
        "NaN",
    ]
)
REPEATED_HEADERS = [["A", "T", "P"], ["\ufeffA", '"T"', "P"], ["A", "T", "x"]]
FIELDS = st.lists(PIECES, max_size=4).map("".join)


def all_of(blocks: list[RowBlock]) -> Read:
    """Return the rows, rejects and replaced characters of all blocks."""
    rows = [row for block in blocks for row in block.table.to_pylist()]
    return rows, [reject for block in blocks for reject in block.rejects], blocks[-1].replaced if blocks else 0


def one_by_one(stream: OpenFile, chosen: ExtractSettings) -> Iterator[Record]:
    """Yield the rows of a table as tracks of playlists or sessions, record by record."""
    roles = chosen.roles
    of_file = None if {"owner", "playlist"} <= set(roles) else stream.file.place
    file_name = PurePosixPath(stream.file.name).stem
    placed: list[tuple[float, int, Any, dict[str, str]]] = []
    number_of_rows = None if chosen.num_rows == -1 else chosen.num_rows
    for number, raw, named in islice(table_records(stream, roles), number_of_rows):
        place = number_of(named) if isinstance(named, dict) else math.nan
        if isinstance(named, dict) and not math.isnan(place):
            missing = [role for role in ("id", "uri") if named.get(role, "").strip() in ("", *MISSING)]
            placed.append((place, number, raw, named | {role: "" for role in missing if role in named}))
        else:
            yield number, raw, named if isinstance(named, str) else NO_TABLE_TIME if "time" in named else NO_POSITION
    if "time" in roles and not {"playlist", "id"} & set(roles):
        plays = [
            (
                at,
                raw,
                Play(row.get("owner", ""), row.get("artist", ""), row["title"], row.get("uri") or None, time, time),
            )
            for time, at, raw, row in placed
        ]
        yield from split_into_sessions(plays, stream, chosen)
        return
    for _, number, raw, row in sorted(placed, key=lambda one: one[0]):
        playlist = row.get("playlist", row.get("id", file_name))
        names = row.get("artist", ""), row["title"], row.get("uri") or None
        yield number, raw, Row(row.get("owner", ""), playlist, row.get("id", of_file), *names)


def with_titles(records: Iterable[Record], chosen: ExtractSettings) -> Iterator[Record]:
    """Yield records, but reject rows without a playlist and, in a table with titles, rows with only an artist."""
    for number, raw, row in records:
        untitled = "title" in chosen.roles and isinstance(row, Row) and not row.title.strip() and row.uri is None
        named = isinstance(row, Row) and is_valid_text(row) and row.artist.strip().lower() not in ("", *PLACEHOLDERS)
        without = isinstance(row, Row) and is_valid_text(row) and lacks_playlist(row, chosen)
        reason = next((REASONS[role] for role in REASONS if role in chosen.roles), NO_ID)
        yield number, raw, reason if without else NO_TITLE if untitled and named else row


def lacks_playlist(row: Row, chosen: ExtractSettings) -> bool:
    """Whether the id, or the only value that divides the rows of a table into playlists, is missing in a row."""
    if "id" in chosen.roles:
        return row.key == ""
    values = [value for role, value in (("playlist", row.playlist), ("owner", row.owner)) if role in chosen.roles]
    return len(values) == 1 and values[0].strip() in ("", *MISSING)


def number_of(named: dict[str, str]) -> float:
    """Return the time or position of a row, 0 if the table has neither, NaN if it is invalid."""
    if "time" in named:
        seconds = seconds_since_1970(named["time"])
        return math.nan if seconds is None or not EARLIEST <= seconds <= LATEST else seconds
    try:
        position = float(named.get("position", "0"))
    except ValueError:
        return math.nan
    return position if math.isfinite(position) else math.nan


def both(data: bytes, columns: str, size: int, **others: Any) -> tuple[Read, Read, bool]:
    """Read a file in blocks of a size and record by record; also return whether Arrow read all blocks."""
    chosen = ExtractSettings(columns=columns, **others)
    found: list[Read] = []
    calls = 0

    def counted(self: ColumnsReader, *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        return one_by_one_of(self, *arguments)

    one_by_one_of = ColumnsReader._read_records
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "some"
        path.write_bytes(data)
        (file,) = files_of(path)
        with patch.object(lines, "BLOCK_BYTES", size), patch.object(ColumnsReader, "_read_records", counted):
            for way in ("columnar", "records"):
                try:
                    if way == "columnar":
                        found.append(all_of(list(ColumnsReader(file, chosen).blocks())))
                    else:
                        with file.open(chosen.encoding, chosen.bad_bytes == "replace") as stream:
                            found.append(
                                all_of(
                                    list(gather_blocks(with_titles(one_by_one(stream, chosen), chosen), stream, chosen))
                                )
                            )
                except SgpError as error:
                    found.append(str(error))
    return found[0], found[1], calls == 0


@given(
    st.lists(st.lists(FIELDS, min_size=1, max_size=4) | st.sampled_from(REPEATED_HEADERS), max_size=8),
    st.sampled_from([",", "\t", ";"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([20, 60, 1 << 20]),
    st.sampled_from(
        ["artist=A,title=T,playlist=P", "title=T,uri=A", "title=2,artist=1,owner=1", "title=T,artist=T,id=P"]
    ),
    st.booleans(),
    st.sampled_from([-1, 1, 3]),
)
def test_csv_gives_the_same_rows_both_ways(
    rows: list[list[str]], delimiter: str, end: str, size: int, columns: str, replaces: bool, number: int
) -> None:
    header = [] if "=1" in columns else [["A", "T", "P"]]
    text = "".join(delimiter.join(row) + end for row in header + rows)
    data = text.encode().replace(b"\\", b"\xff")
    fast, slow, _ = both(data, columns, size, bad_bytes="replace" if replaces else "reject", num_rows=number)
    # If only some rows are read, the lines after them may be decoded too, or not.
    if number == -1 or isinstance(fast, str):
        assert fast == slow
    else:
        assert fast[:2] == slow[:2]


@given(
    st.lists(st.lists(st.sampled_from(["a", "é,b", 'x "y"', "", "-", "c\td"]), min_size=3, max_size=3), min_size=1),
    st.sampled_from([60, 1 << 20]),
)
def test_arrow_reads_well_formed_csv(rows: list[list[str]], size: int) -> None:
    quoted = ["A,T,P", *(",".join('"' + field.replace('"', '""') + '"' for field in row) for row in rows)]
    fast, slow, was_plain = both("\n".join(quoted).encode(), "artist=A,title=T,playlist=P", size)
    assert was_plain
    assert fast == slow
    named = [row for row in rows if row[2] and row[1] and {*row[:2]} - {"", "-"}]
    assert [(row["artist"], row["title"], row["playlist"]) for row in fast[0]] == [tuple(row) for row in named]  # type: ignore[index]


VALUES = st.one_of(
    st.none(), st.integers(-5, 10**30), st.booleans(), st.floats(), FIELDS, st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from("TA"), FIELDS, max_size=2),
)  # fmt: skip
OBJECTS = st.dictionaries(st.sampled_from(["A", "T", "P", "other", "P.x"]), FIELDS | VALUES, max_size=4)
ODD_LINES = st.sampled_from(
    [
        *(
            '{"T": "a"}{"T": "b"}',
            '{"T": "\\ud800"}',
            '{"T": "\\ud83d\\ude00"}',
            '{"T": "a", "T": "b"}',
            "[1]",
            "",
            " ",
        ),
        *('{"T":', '{"T": "a\tb"}', '{"T": "a\\u0000"}', '{"T": 01}', '{"T": "x"} ', "\ufeff{}", '{"T": "a",}'),
        *('{"A": {}', '{"T": "\xff"}', '{"T" : "a" , "A":"b" }', '{"T": "\\x"}', '{"\\u0054": "a"}', '{"other": 01}'),
        '{"other": [[1], {"T": 2}], "T": "z"}',
    ]
)


@given(
    st.lists(
        OBJECTS.map(json.dumps) | st.dictionaries(st.sampled_from("ATP"), FIELDS).map(json.dumps) | ODD_LINES,
        min_size=1,
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([30, 1 << 20]),
    st.sampled_from(["artist=A,title=T,playlist=P", "title=T,uri=A", "title=T,playlist=P.x"]),
    st.sampled_from([-1, 1, 3]),
)
def test_json_lines_give_the_same_rows_both_ways(
    objects: list[str], end: str, size: int, columns: str, number: int
) -> None:
    first = '{"T": "first", "A": "", "P": "", "P.x": ""}'  # a field that no object has would be an error
    data = "".join(line + end for line in [first, *objects]).encode("utf-8", "surrogatepass")
    fast, slow, _ = both(data, columns, size, num_rows=number)
    assert fast == slow


def test_arrow_reads_json_lines_of_text() -> None:
    data = b'{"T": "a", "other": [1, {"x": null}]}\n{"A": null, "T": "\\u00e9"}\n'
    fast, slow, was_plain = both(data, "title=T,artist=A", 1 << 20)
    assert was_plain
    assert fast == slow
    assert [row["title"] for row in fast[0]] == ["a", "é"]  # type: ignore[index]


@given(
    st.lists(
        st.tuples(
            st.none() | FIELDS, st.none() | FIELDS, st.none() | st.integers(-3, 9), st.none() | st.integers(0, 3)
        ),
        max_size=12,
    ),
    st.sampled_from(["artist=A,title=T,id=P", "artist=A,title=T,id=P,position=N", "title=N,uri=A", "title=T,owner=P"]),
    st.integers(1, 5),
)
def test_parquet_gives_the_same_rows_both_ways(rows: list[tuple[Any, ...]], columns: str, at_once: int) -> None:
    kinds = {"A": pa.string(), "T": pa.large_string(), "P": pa.int64(), "N": pa.int16()}
    table = pa.table({name: pa.array([row[at] for row in rows], kind) for at, (name, kind) in enumerate(kinds.items())})
    written = pa.BufferOutputStream()
    pq.write_table(table, written, row_group_size=at_once)
    with patch.object(plain, "BATCH", at_once), patch.object(ordering, "BATCH", at_once):
        fast, slow, was_plain = both(written.getvalue().to_pybytes(), columns, 1 << 20)
    assert fast[0] == slow[0]
    assert sorted(fast[1], key=str) == sorted(slow[1], key=str)
    assert was_plain


def in_parquet(table: pa.Table) -> bytes:
    """Return a table as the bytes of a Parquet file."""
    written = pa.BufferOutputStream()
    pq.write_table(table, written)
    return bytes(written.getvalue().to_pybytes())


def test_parquet_with_invalid_utf_8_raises_a_one_line_error() -> None:
    text = pa.Array.from_buffers(
        pa.large_string(), 1, [None, pa.py_buffer(bytes(8) + b"\1" + bytes(7)), pa.py_buffer(b"\xc4")]
    )
    number = pa.array([0.5])
    nameless = in_parquet(pa.table({"T": ["a"], "Title": ["b"]})).replace(b"Title", b"Tit\xfde")
    for data, columns in (
        (in_parquet(pa.table({"T": text})), "title=T"),
        (in_parquet(pa.table({"T": text, "N": number})), "title=T,id=N"),
        (nameless, "title=T"),
    ):
        for read in both(data, columns, 1 << 20)[:2]:
            assert isinstance(read, str)
            assert "is damaged" in read
            assert len(read.splitlines()) == 1


def test_a_row_with_a_time_out_of_range_is_rejected() -> None:
    times = pa.array([2**62, 0], pa.int64()).view(pa.timestamp("us"))
    data = in_parquet(pa.table({"T": ["a", "b"], "W": times}))
    for columns in ("title=T,time=W", "title=T,position=W", "title=T,id=W"):
        read = both(data, columns, 1 << 20)[0]
        assert not isinstance(read, str)
        rows, rejects, _ = read
        role = columns[8:].partition("=")[0]
        assert rejects[0].reason == (NO_TABLE_TIME if role == "time" else f"{role} is out of range")
        assert [row["title"] for row in rows] == ([] if "position" in columns else ["b"])


@pytest.mark.parametrize("kind", [pa.float64(), pa.bool_(), pa.timestamp("s")])
def test_parquet_with_columns_of_other_types_is_read_record_by_record(kind: pa.DataType) -> None:
    table = pa.table({"T": pa.array([1, 0, None]).cast(pa.int64()).cast(kind)})
    fast, slow, was_plain = both(in_parquet(table), "title=T", 1 << 20)
    assert not was_plain
    assert fast == slow


TIMES = ["2021-06-01T10:00:00Z", "2021-06-01 10:29:59", "2021-06-01T10:30:00", "2021-06-01T12:00:00+02:00"]
TIMES += ["2021-06-01T10:30:00.75Z", "20210601T110000", "1622541600", "1622543401000", " 1622541600 ", "0", "5"]
INVALID_TIMES = [
    "2021-02-30 10:00:00",
    "2021-06-01 25:00:00",
    "0000-01-01 00:00:00",
    "soon",
    "",
    "-5",
    "99999999999999",
    "4000-01-01 00:00:00",
]
POSITIONS = ["3", "1", "20", "-1", "1.5", " 2 ", "1e3", "nan", "inf", "x", "", "123456789012345678"]
PLAYS = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", ""]),
        st.sampled_from(["a", "-", "", 'the "x"']),
        st.sampled_from(["b", "c", ""]),
        st.sampled_from(TIMES * 3 + INVALID_TIMES),
        st.sampled_from(POSITIONS),
    ),
    max_size=12,
)
ORDERED = ["owner=O,artist=A,title=T,time=N", "title=T,time=N", "title=T,artist=A,playlist=O,time=N"]
ORDERED += ["title=T,artist=A,id=O,position=M", "title=T,owner=O,uri=A,position=M"]


@given(PLAYS, st.sampled_from(ORDERED), st.sampled_from([40, 1 << 20]), st.integers(1, 5), st.booleans())
def test_rows_are_sorted_by_times_and_positions(
    plays: list[tuple[str, ...]], columns: str, size: int, at_once: int, quoted: bool
) -> None:
    table = ["O,A,T,N,M", *(",".join(play) for play in plays)]
    if quoted:  # plain; quotes inside unquoted names are not
        table = [",".join('"' + field.replace('"', '""') + '"' for field in play) for play in ["OATNM", *plays]]
    with patch.object(ordering, "BATCH", at_once):
        fast, slow, was_plain = both("\n".join(table).encode(), columns, size, session_gap="30m")
    assert fast[0] == slow[0]
    assert sorted(fast[1], key=str) == sorted(slow[1], key=str)
    assert was_plain or not quoted


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"), st.sampled_from("xy"), st.none() | st.sampled_from([*range(0, 7200, 1200), -9])
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(["s", "ms", "us", "ns"]),
    st.sampled_from([None, "UTC", "Europe/Berlin"]),
)
def test_parquet_timestamps_of_all_units_and_zones(
    rows: list[tuple[str, str, int | None]], unit: str, zone: str | None
) -> None:
    owners, titles, seconds = (list(column) for column in zip(*rows, strict=True))
    times = pa.array(seconds, pa.timestamp("s")).cast(pa.timestamp(unit)).cast(pa.timestamp(unit, zone))
    data = in_parquet(pa.table({"O": owners, "T": titles, "N": times}))
    fast, slow, was_plain = both(data, "owner=O,title=T,time=N", 1 << 20)
    assert was_plain
    assert fast[0] == slow[0]
    assert isinstance(slow, tuple)
    assert isinstance(fast, tuple)
    assert [reject.line for reject in fast[1]] == sorted(reject.line for reject in slow[1])


def test_integer_positions_of_parquet_are_not_rounded() -> None:
    table = pa.table({"T": ["second", "none", "first"], "N": pa.array([2**60 + 1, None, 2**60], pa.int64())})
    read = both(in_parquet(table), "title=T,position=N", 1 << 20)[0]
    assert not isinstance(read, str)
    assert [row["title"] for row in read[0]] == ["first", "second"]
    assert [(reject.line, reject.reason) for reject in read[1]] == [(2, NO_POSITION)]


def test_num_rows_takes_the_first_rows_of_the_file_before_sorting() -> None:
    fast, slow, _ = both(b"T,N\na,3\nb,2\nc,1\n", "title=T,position=N", 1 << 20)
    assert fast == slow
    fast = both(b"T,N\na,3\nb,2\nc,1\n", "title=T,position=N", 1 << 20, num_rows=2)[0]
    assert [row["title"] for row in fast[0]] == ["b", "a"]  # type: ignore[index]


def test_two_columns_with_one_name_raise_an_error() -> None:
    twice = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["T", "T"])
    for data in (in_parquet(twice), b"T,T\na,b\n"):
        fast = both(data, "title=T", 1 << 20)[0]
        assert isinstance(fast, str)
        assert fast.endswith("/some has several columns 'T': rename all but one")
