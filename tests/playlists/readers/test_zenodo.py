"""The reader of the Zenodo dialect: exact names, and a reason for each rejected line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skipgramophone.errors import SourceError, StorageError
from skipgramophone.playlists.readers import lines, zenodo
from skipgramophone.playlists.readers.rows import Reject
from skipgramophone.playlists.readers.source_files import files_of
from skipgramophone.playlists.readers.zenodo import ZenodoReader
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.conftest import HEADER, Row, dump_text

WriteDump = Callable[..., Path]
Read = tuple[list[Row], list[Reject]]


def read(path: Path, num_rows: int = -1) -> Read:
    """Return all rows as owner, artist, title, playlist, and all rejects."""
    rows, rejects = [], []
    (file,) = files_of(path)
    for block in ZenodoReader(file, ExtractSettings(num_rows=num_rows, keep=["placeholders"])).blocks():
        columns = (block.table[name].to_pylist() for name in ("owner", "artist", "title", "playlist"))
        rows += list(zip(*columns, strict=True))
        rejects += block.rejects
    return rows, rejects


AWKWARD: list[tuple[str, Row]] = [
    # The line, and the fields that a person reads in it.
    (
        '"u","Fall Out Boy","A Little More "Touch Me"","Fluff"',
        ("u", "Fall Out Boy", 'A Little More "Touch Me"', "Fluff"),
    ),
    ('"u","Slowdive","So Tired",""/"', ("u", "Slowdive", "So Tired", '"/')),
    ('"u","The Band",""45"","Everything"', ("u", "The Band", '"45"', "Everything")),
    ('"u","","07 - echoes","Starred"', ("u", "", "07 - echoes", "Starred")),
    ('"u","Matthew "Mdot" F.","Fire","Starred"', ("u", 'Matthew "Mdot" F.', "Fire", "Starred")),
    ('"u","New Order","Tonight [12" Version]","x"', ("u", "New Order", 'Tonight [12" Version]', "x")),
    ('"u","Nas, Jr.","One, Two","a, b"', ("u", "Nas, Jr.", "One, Two", "a, b")),
    ('"u","Axwell /\\ Ingrosso","Sun","x"', ("u", "Axwell /\\ Ingrosso", "Sun", "x")),
    ('"u","A","Say \\"Hi\\"","x"', ("u", "A", 'Say "Hi"', "x")),
    ('"u","A","back\\\\slash","x"', ("u", "A", "back\\slash", "x")),
    ('"u","A","\\"x\\",\\"y\\"","p"', ("u", "A", '"x","y"', "p")),
    ('"u","A","   spaced  ","p"', ("u", "A", "   spaced  ", "p")),
    ('",",",",",",","', (",", ",", ",", ",")),
    ('"u","ЛЮБЭ","Конь 🐴","音楽"', ("u", "ЛЮБЭ", "Конь 🐴", "音楽")),
]


def test_awkward_names_are_read_exactly(write_dump: WriteDump) -> None:
    path = write_dump(HEADER + "\n" + "\n".join(line for line, _ in AWKWARD) + "\n")
    assert read(path) == ([fields for _, fields in AWKWARD], [])


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\n\r\0"), max_size=12)


def escaped(name: str) -> str:
    """Escape a name for this dialect."""
    return name.replace("\\", "\\\\").replace('"', '\\"')


@given(st.lists(st.tuples(NAMES, NAMES, NAMES, NAMES), min_size=1, max_size=8))
@example([(",", ",", ",", ",")])
@example([(",", "", "title", "")])
def test_escaped_names_are_read_back_unchanged(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> None:
    path = tmp_path_factory.getbasetemp() / "escaped.csv"  # a new directory per example would take most of the time
    path.write_bytes(dump_text([tuple(map(escaped, row)) for row in rows]).encode())  # type: ignore[misc]
    used, rejects = read(path)
    assert used == [row for row in rows if row[1].strip() or row[2].strip()]
    assert len(used) + len(rejects) == len(rows)


def test_each_rejected_line_has_a_reason(write_dump: WriteDump) -> None:
    content = (
        HEADER.encode()
        + b'\n"u","A","fine","p"\n'  # 2
        + b'"u","A","three fields"\n'  # 3
        + b"u,A,bare,p\n"  # 4
        + b"\n"  # 5
        + b'"u","A","bad \xff byte","p"\n'  # 6
        + b'"u","A","nul\0","p"\n'  # 7
        + b'"u","","","p"\n'  # 8
        + b'"u"," ","\t","p"\n'  # 9
        + b'"u","A","five","p","q"\n'  # 10
        + b'"u","A","also fine","p"'  # 11, without a line end
    )
    used, rejects = read(write_dump(content))
    assert [row[2] for row in used] == ["fine", "also fine"]
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (3, "3 fields instead of 4"),
        (4, "does not begin and end with a quote"),
        (5, "blank line"),
        (6, "not UTF-8"),
        (7, "contains a NUL byte"),
        (8, "neither artist nor title"),
        (9, "neither artist nor title"),
        (10, "5 fields instead of 4"),
    ]
    assert rejects[3].text == '"u","A","bad \\xff byte","p"'
    assert {reject.file for reject in rejects} == {"dump.csv"}


PARTS = st.sampled_from(['"', '","', ",", "a", "é", "\\", '"u","A","t","p"', "\r", "\ufeff", "-", " "])


@given(
    st.lists(st.lists(PARTS, max_size=9).map("".join), min_size=1, max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([20, 50, 1 << 19]),
)
@example(['"u","A","t","p"', '"u""A","t","p"'], "\n", 1 << 19)
@example(['"u","A","t","p"x', '"u","A","t","p"'], "\n", 1 << 19)
@example(['"u","A","t","p"', '\ufeff"u","A","t","p"'], "\n", 20)
@example(['"u","A","one\rtwo","p"', '"u","","t","p"', '"u","A","t","p"'], "\n", 1 << 19)
@example(['"u","A","t","p"', "broken", '"u","A","longer than others","p"'], "\n", 20)
@example(['"u","A","t","p"', "broken", '"u","A","u","p"', '"', '"u","A","v","p"'], "\n", 20)
def test_the_csv_parser_and_splitting_return_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, dump: list[str], end: str, csv_bytes: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "split.csv"
    path.write_bytes(end.join([HEADER, *dump, ""]).encode())
    with patch.object(zenodo, "CSV_BYTES", csv_bytes):
        found = read(path)
    with patch.object(zenodo, "_between_quotes", lambda *_: None):
        assert read(path) == found


@pytest.mark.parametrize("name", ["dump.csv", "dump.csv.gz"])
def test_the_block_size_does_not_affect_the_rows(
    write_dump: WriteDump, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    rows = [(f"owner {at % 7}", f"artist {at}", f"tïtle {at} 🎵", f"list {at % 13}") for at in range(500)]
    path = write_dump(rows, name)
    for size in (64, 1000, 1 << 20):
        monkeypatch.setattr(lines, "BLOCK_BYTES", size)
        assert read(path) == (rows, [])


@pytest.mark.parametrize("size", [40, 1 << 20])
def test_num_rows_includes_rejected_rows(write_dump: WriteDump, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    path = write_dump(HEADER + '\n"u","A","1","p"\nbroken\n"u","A","3","p"\n"u","A","4","p"\n')
    monkeypatch.setattr(lines, "BLOCK_BYTES", size)
    used, rejects = read(path, 3)
    assert [row[2] for row in used] == ["1", "3"]
    assert [reject.line for reject in rejects] == [3]


def test_windows_line_ends_and_a_byte_order_mark_are_removed(write_dump: WriteDump) -> None:
    text = "\ufeff" + dump_text([("u", "A", "one", "p"), ("u", "A", "two", "p")]).replace("\n", "\r\n")
    path = write_dump(text)
    (reader,) = open_sources([path], ExtractSettings()).readers
    assert reader.format == "zenodo"
    assert read(path) == ([("u", "A", "one", "p"), ("u", "A", "two", "p")], [])


def test_a_uri_column_is_read(write_dump: WriteDump) -> None:
    path = write_dump(
        '"user_id","artistname","trackname","trackuri","playlistname"\n"u","A","t","x:1","p"\n"u","A","s","","p"\n'
    )
    (reader,) = open_sources([path], ExtractSettings()).readers
    (block,) = reader.blocks()
    assert block.table["uri"].to_pylist() == ["x:1", None]
    assert block.table["playlist"].to_pylist() == ["p", "p"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "{path} is empty"),
        (b"\x7fELF\2\1\1\0\0\0", "{path} is a binary file that sgp does not read: export it as CSV or JSON"),
        (b"# notes\nx;y\n", "{path} is not in a format that sgp knows (first line: '# notes')"),
        (b"\x1f\x8b\x08\0broken", "{path}: the compressed data is damaged or truncated: copy or download it again"),
    ],
)
def test_a_file_in_no_known_format_raises_a_one_line_error(write_dump: WriteDump, content: bytes, message: str) -> None:
    path = write_dump(content)
    with pytest.raises(SourceError) as raised:
        open_sources([path], ExtractSettings())
    assert str(raised.value).startswith(message.format(path=path))
    assert "\n" not in str(raised.value)


def test_a_header_without_rows_raises_an_error(write_dump: WriteDump) -> None:
    path = write_dump(HEADER + "\n")
    with pytest.raises(SourceError, match="a header but no rows"):
        read(path)


def test_a_truncated_gzip_file_raises_an_error(write_dump: WriteDump) -> None:
    rows = [(f"o{at * 7919 % 1009}", f"a{at * 104729 % 10007}", f"t{at}", "p") for at in range(30_000)]
    path = write_dump(rows, "dump.csv.gz")
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(SourceError, match=r"dump\.csv\.gz: the compressed data is damaged or truncated"):
        read(path)


def test_a_line_that_is_too_long_raises_an_error(write_dump: WriteDump, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "BLOCK_BYTES", 1 << 10)
    monkeypatch.setattr(lines, "LONGEST_LINE", 1 << 20)
    path = write_dump(HEADER + "\n" + "x" * (2 << 20))
    with pytest.raises(SourceError, match="a line is longer than 1 MiB, so this is probably not text"):
        read(path)


def test_an_empty_directory_a_device_and_a_missing_file_raise_errors(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a directory without files"):
        open_sources([tmp_path], ExtractSettings())
    with pytest.raises(SourceError, match="/dev/null is not a regular file"):
        open_sources([Path("/dev/null")], ExtractSettings())
    with pytest.raises(StorageError, match=r"cannot read .*nowhere\.csv: No such file or directory"):
        open_sources([tmp_path / "nowhere.csv"], ExtractSettings())
