"""Each exporter reads its file back and raises if anything differs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skipgramophone import exporters
from skipgramophone.errors import StorageError
from skipgramophone.exporters import jsonl
from skipgramophone.exporters.vectors import TrackVectors, require_same
from tests.exporters.track_vectors import vectors_of

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")  # of Keras itself


NAMES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8), min_size=1, max_size=6)


@given(NAMES, st.sampled_from(sorted(set(exporters.FORMATS) - {"annoy", "faiss", "keras", "savedmodel"})))
def test_every_format_keeps_any_name(tmp_path_factory: pytest.TempPathFactory, names: list[str], format: str) -> None:
    place = tmp_path_factory.mktemp("out") / "vectors"
    exporters.write(place, format, vectors_of(names))  # raises if the file reads back differently
    assert place.stat().st_size > 0


def test_difference_after_reading_back_is_an_error(tmp_path: Path) -> None:
    vectors = vectors_of(["a", "b"])
    matrices = {"centre": vectors.centre, "context": vectors.context}
    require_same(tmp_path, vectors.columns(), matrices, vectors)
    for name, column in vectors.columns().items():
        with pytest.raises(StorageError, match=f"failed: column {name} differs from the exported data"):
            require_same(tmp_path, {name: [column[0], column[0]]}, {}, vectors)
        with pytest.raises(StorageError, match=f"column {name} differs"):
            require_same(tmp_path, {name: column[:1]}, {}, vectors)
    for name, other in (("centre", "context"), ("context", "centre")):
        with pytest.raises(StorageError, match=f"failed: matrix {name} differs from the exported data"):
            require_same(tmp_path, {}, {name: matrices[other]}, vectors)


@pytest.mark.parametrize("format", sorted(set(exporters.FORMATS) - {"annoy", "faiss"}))  # checked otherwise
def test_exporters_compare_what_they_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    compared: list[set[str]] = []

    def record(_path: Path, read: dict[str, object], matrices: dict[str, object], _vectors: TrackVectors) -> None:
        compared.append({*read, *matrices})

    for module in (
        sys.modules[exporters.FORMATS[format].write.__module__],
        jsonl,
    ):  # it writes the names for some formats
        monkeypatch.setattr(module, "require_same", record)
    exporters.write(tmp_path / "out", format, vectors_of(["a", "b"]))
    assert set().union(*compared) >= {"artist", "title", "uri", "count", "centre"}


def test_one_very_long_name_does_not_widen_the_others_in_npz(tmp_path: Path) -> None:
    for name, length in (("small.npz", 1), ("large.npz", 100_000)):
        exporters.write(tmp_path / name, "npz", vectors_of(["a" * length, *("b" for _ in range(500))]))
    small, large = ((tmp_path / name).stat().st_size for name in ("small.npz", "large.npz"))
    assert large - small < 2 * 100_000 + 1000  # once as artist and once as title
