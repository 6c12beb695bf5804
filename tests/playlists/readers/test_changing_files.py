"""Files that another program changes while they are read."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import skipgramophone as package
from skipgramophone.errors import SourceError, StorageError
from skipgramophone.playlists.readers.source_files import files_of
from tests.conftest import dump_text, two_genres

CHANGED = "changed while it was read: wait until no other program writes it, then run the command again"


def grow(path: Path) -> None:
    """Append a row."""
    with path.open("a") as file:
        file.write('"o","a","b","c"\n')


def replace(path: Path) -> None:
    """Rename another file to the path."""
    (path.parent / "new").write_text(dump_text(two_genres(30)))
    (path.parent / "new").replace(path)


def cut(path: Path) -> None:
    """Truncate the file in the middle."""
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("change", [grow, replace, cut])
def test_rows_and_checksum_are_of_one_version(
    change: Callable[[Path], None], write_dump: Callable[..., Path], experiments: Path
) -> None:
    path = write_dump(two_genres(20))
    changes = iter([change])

    def changing(_progress: object) -> None:
        for change in changes:
            change(path)

    with pytest.raises(SourceError) as raised:
        package.extract("demo", path, progress=changing)
    assert str(raised.value) == f"{path} {CHANGED}"
    assert list(experiments.iterdir()) == []
    assert package.extract("demo", path).rows_read == path.read_text().count("\n") - 1 + (change is cut)


def test_a_removed_file_has_no_checksum(write_dump: Callable[..., Path], experiments: Path) -> None:
    path = write_dump(two_genres(20))
    with pytest.raises(StorageError, match=r"cannot read .*dump\.csv: No such file or directory"):
        package.extract("demo", path, progress=lambda _progress: path.unlink(missing_ok=True))
    assert list(experiments.iterdir()) == []


def test_a_change_between_detection_and_reading_is_noticed(tmp_path: Path) -> None:
    """A changed file may look damaged; the error must nevertheless report the change."""
    path = tmp_path / "lists.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", dump_text(two_genres(20)))
    (found,) = files_of(path)
    cut(path)
    with pytest.raises(SourceError, match=CHANGED), found.open() as stream:
        stream.read(1 << 20)


def test_imported_vectors_and_their_checksum_are_of_one_version(
    tmp_path: Path, experiments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skipgramophone import importers

    path = tmp_path / "vectors.vec"
    path.write_text("2 2\na 0 1\nb 1 0\n")
    read = importers.read

    def changed_later(place: Path, chosen: str) -> object:
        vectors = read(place, chosen)
        grow(path)
        return vectors

    monkeypatch.setattr(importers, "read", changed_later)
    with pytest.raises(SourceError) as raised:
        package.import_vectors("demo", path)
    assert str(raised.value) == f"{path} {CHANGED}"
    assert list(experiments.iterdir()) == []
