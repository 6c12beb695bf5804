"""Archives inside archives, and their limits."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from skipgramophone.playlists.readers import nested_archives
from skipgramophone.playlists.readers.source_files import files_of

Members = dict[str, bytes]


def packed(members: Members) -> bytes:
    """Return a zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def found(path: Path) -> list[tuple[str, str]]:
    """Return name and reason for each file of an archive, after reading the files that are not skipped."""
    files = nested_archives.with_nested_archives(files_of(path))
    for file in files:
        if not file.passed_over:
            with file.open() as stream:
                assert stream.read(100)
    return [(file.name, file.passed_over) for file in files]


def test_files_of_inner_archives_have_the_path_to_them_as_their_name(tmp_path: Path) -> None:
    inner = packed({"two.txt": b"2", "deep.ZIP": packed({"d/three.txt": b"3", ".hidden": b"h"})})
    (tmp_path / "a.zip").write_bytes(packed({"one.txt": b"1", "in/inner.zip": inner}))
    assert found(tmp_path / "a.zip") == [
        ("a.zip/in/inner.zip/deep.ZIP/.hidden", "hidden"),
        ("a.zip/in/inner.zip/deep.ZIP/d/three.txt", ""),
        ("a.zip/in/inner.zip/two.txt", ""),
        ("a.zip/one.txt", ""),
    ]


def test_archives_that_are_too_deep_too_large_or_damaged_are_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = b"x"
    for _ in range(5):
        data = packed({"a.zip": data})
    (tmp_path / "a.zip").write_bytes(data)
    assert found(tmp_path / "a.zip") == [("a.zip/a.zip/a.zip/a.zip/a.zip", nested_archives.TOO_DEEP)]

    (tmp_path / "b.zip").write_bytes(packed({"a.zip": packed({"x.txt": b"x"}), "b.zip": packed({"y": b"y" * 9999})}))
    monkeypatch.setattr(nested_archives, "HARMLESS_SIZE", 150)
    monkeypatch.setattr(nested_archives, "LARGEST_EXPANSION", 0)
    assert found(tmp_path / "b.zip") == [("b.zip/a.zip/x.txt", ""), ("b.zip/b.zip", nested_archives.TOO_LARGE)]

    monkeypatch.undo()
    (tmp_path / "c.zip").write_bytes(
        packed({"a.zip": b"PK\x03\x04 and no more", "b.zip": packed({}), "c.zip": b"text"})
    )
    (first, damaged), (second, empty), (third, whole) = found(tmp_path / "c.zip")
    assert (first, second, third) == ("c.zip/a.zip", "c.zip/b.zip", "c.zip/c.zip")
    assert damaged == "the compressed data is damaged or truncated: copy or download it again"
    assert "is an archive without files" in empty
    assert (whole, "\n" in damaged) == ("", False)
