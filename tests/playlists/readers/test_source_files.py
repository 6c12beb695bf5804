"""The files of a path: directories, archives, compressed data, standard input, and errors."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pyarrow as pa
import pytest

from skipgramophone.errors import SourceError
from skipgramophone.playlists.readers import lines
from skipgramophone.playlists.readers.source_files import SourceFile, files_of
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings

CONTENT = b"".join(b"%d %d\n" % (at, at * 7919 % 1009) for at in range(20_000))


def content(file: SourceFile) -> bytes:
    """Return all bytes of a file, after checking that the whole file on disk was read."""
    with file.open() as stream:
        data = b"".join(iter(lambda: stream.read(1000), b""))
        assert stream.bytes_read == file.size
    return data


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gz": gzip.compress,
    "zst": partial(pa.compress, codec="zstd", asbytes=True),
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


@pytest.mark.parametrize("packing", [*PACKED, "zip", "gz in zip", "xz in zip"])
def test_compressed_data_is_detected_by_its_content(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "dump.data"
    if "zip" in packing:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("inside.txt", PACKED[packing.split(" ")[0] if " " in packing else "plain"](CONTENT))
    else:
        path.write_bytes(PACKED[packing](CONTENT))
    (file,) = files_of(path)
    assert content(file) == CONTENT
    assert file.name == ("dump.data/inside.txt" if "zip" in packing else "dump.data")


def test_a_directory_has_its_files_and_archive_members_in_order_of_names(tmp_path: Path) -> None:
    directory = tmp_path / "dumps"
    (directory / "sub" / "deeper").mkdir(parents=True)
    (directory / "b.txt").write_bytes(b"b")
    (directory / "sub" / "deeper" / "c.txt").write_bytes(b"c")
    (directory / ".hidden").write_bytes(b"")
    (directory / "sub" / "loop").symlink_to(directory)
    with zipfile.ZipFile(directory / "a.zip", "w") as archive:
        archive.writestr("two/", b"")
        archive.writestr("two/z.txt", b"z")
        archive.writestr("one.txt", b"o")
    os.mkfifo(directory / "pipe")
    found = files_of(directory)
    assert [(file.name, file.passed_over) for file in found if file.passed_over] == [
        ("dumps/.hidden", "hidden"),
        ("dumps/pipe", "not a regular file"),
        ("dumps/sub/loop", "a link to a directory"),
    ]
    found = [file for file in found if not file.passed_over]
    names = ["a.zip/one.txt", "a.zip/two/z.txt", "b.txt", "sub/deeper/c.txt"]
    assert [file.name for file in found] == [f"dumps/{name}" for name in names]
    assert [content(file) for file in found[2:]] == [b"b", b"c"]
    assert len({file.place for file in found}) == 4


@pytest.mark.parametrize("packing", ["gz", "zst", "bz2", "xz"])
@pytest.mark.parametrize("is_cut", [True, False])
def test_damaged_compressed_data_raises_an_error(tmp_path: Path, packing: str, is_cut: bool) -> None:
    packed = PACKED[packing](CONTENT)
    middle = len(packed) // 2
    path = tmp_path / "dump"
    path.write_bytes(packed[:middle] if is_cut else packed[:middle] + bytes(64) + packed[middle + 64 :])
    (file,) = files_of(path)
    with pytest.raises(SourceError, match="the compressed data is damaged or truncated"):
        content(file)


def test_a_broken_or_empty_archive_raises_an_error(tmp_path: Path) -> None:
    broken, empty = tmp_path / "broken.zip", tmp_path / "empty.zip"
    broken.write_bytes(b"PK\x03\x04 and nothing more")
    with zipfile.ZipFile(empty, "w"):
        pass
    with pytest.raises(SourceError, match=r"broken\.zip: the compressed data is damaged or truncated"):
        files_of(broken)
    with pytest.raises(SourceError, match=r"empty\.zip is an archive without files"):
        files_of(empty)


def test_a_member_with_an_undecodable_name_raises_an_error(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("é", CONTENT)
    (tmp_path / "x.zip").write_bytes((tmp_path / "x.zip").read_bytes().replace("é".encode(), b"\xc3\xff"))
    with pytest.raises(SourceError, match=r"x\.zip: the compressed data is damaged or truncated"):
        files_of(tmp_path / "x.zip")


def test_a_member_with_an_empty_name_is_a_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a", CONTENT)
    named = (tmp_path / "x.zip").read_bytes()
    local, listed = named.index(b"PK\x03\x04"), named.index(b"PK\x01\x02")
    nameless = bytearray(named)
    nameless[local + 26] = nameless[listed + 28] = 0  # length of the name, which then counts as an extra field
    nameless[local + 28] = nameless[listed + 30] = 1
    (tmp_path / "x.zip").write_bytes(nameless)
    (file,) = files_of(tmp_path / "x.zip")
    assert file.name == "x.zip/"
    with contextlib.suppress(SourceError):
        content(file)


def test_the_members_of_an_archive_are_listed_once_per_version(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    for number in (3, 4):
        with zipfile.ZipFile(path, "w") as archive:
            for at in range(number):
                archive.writestr(f"{at}.txt", f"text {at} of {number}")
        with patch.object(zipfile, "ZipFile", wraps=zipfile.ZipFile) as opened:
            for at, file in enumerate(files_of(path)):
                with file.open() as stream, file.open() as other:
                    assert stream.read(100) == other.read(100) == f"text {at} of {number}".encode()
        assert opened.call_count == 1


def test_a_zip_bomb_raises_an_error(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("zeros", "w", force_zip64=True) as member,
    ):
        for _ in range(300):
            member.write(bytes(1 << 20))
    (file,) = files_of(path)
    with pytest.raises(
        SourceError,
        match=r"bomb\.zip/zeros would expand from [\d,]+ to 314,572,800 bytes, .* unpack it first",
    ):
        content(file)


def test_errors_show_control_characters_in_names_of_members_as_escapes(tmp_path: Path) -> None:
    path = tmp_path / "found.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a\nb\x1b[2J.bin", b"\0\1\2" * 10)
        archive.writestr("c\nd.bin", b"\0\1\2" * 10)
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\1\2")  # of the first member in the directory of the archive
    locked, bomb = bytearray(data), bytearray(data)
    locked[entry + 8] |= 1  # the flag of encrypted members
    bomb[entry + 24 : entry + 28] = (1 << 31).to_bytes(4, "little")  # the size of the member after unpacking
    shown = r"found.zip/a\nb\x1b[2J.bin"
    for content, stated in ((locked, f"{shown} is password-protected"), (bomb, f"{shown} would expand from")):
        path.write_bytes(content)
        with pytest.raises(SourceError) as error, files_of(path)[0].open():
            pass
        assert str(error.value).startswith(stated)
    path.write_bytes(data)
    with pytest.raises(SourceError) as error:
        open_sources([path], ExtractSettings())
    stated = f"{path} has no file in a format that sgp knows; {shown}: a binary file that sgp does not read"
    assert str(error.value).startswith(stated)


def test_standard_input_is_read_like_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(CONTENT))))
    (file,) = files_of(Path("-"))
    assert content(file) == CONTENT
    assert file.name == file.display_name == "standard input"
    file.spool.close()
    assert not file.path.exists()


def test_a_block_of_lines_is_filled_by_several_reads(tmp_path: Path) -> None:
    path = tmp_path / "dump.txt"
    path.write_bytes(CONTENT)
    (file,) = files_of(path)
    with file.open() as stream:
        stream.peek(1000)  # the next read returns only these bytes
        (whole,) = lines.read_raw_lines(stream)
    assert (whole.data, len(whole)) == (CONTENT, 20_000)
    with file.open() as stream, patch.object(lines, "BLOCK_BYTES", 100_000):
        blocks = list(lines.read_raw_lines(stream))
    assert b"".join(block.data for block in blocks) == CONTENT
    assert len(blocks) == -(-len(CONTENT) // 100_000)
    assert [block.first for block in blocks[1:]] == [block.first + len(block) for block in blocks[:-1]]
