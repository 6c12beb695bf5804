"""Export of artists: the same formats, one row per artist, without context vectors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import skipgramophone as package
from skipgramophone.errors import SettingError
from skipgramophone.exporters import companion_files
from skipgramophone.exporters.formats import FORMATS
from tests.conftest import run_sgp
from tests.exporters.track_vectors import read_texts

QUICK = sorted(set(FORMATS) - {"faiss", "keras", "onnx", "savedmodel"})  # the others need optional or slow libraries
ARTISTS = package.ExportSettings(of="artists")


@pytest.fixture(scope="module")
def demo(sample_root: Path) -> package.Lookup:
    """Open the trained sample."""
    return package.open("demo", sample_root)


def test_each_artist_is_a_row_with_its_vector(demo: package.Lookup, sample_root: Path, tmp_path: Path) -> None:
    report = package.export("demo", tmp_path / "a.npz", settings=ARTISTS, experiments_dir=sample_root)
    read = np.load(tmp_path / "a.npz")
    names, counts = read_texts(read, "artist"), read["count"].tolist()
    assert report.of == "artists"
    assert report.tracks == len(names) == len(set(names)) == len(demo.artist_search.artists)
    assert counts == sorted(counts, reverse=True)
    assert set(read_texts(read, "title")) == set(read_texts(read, "uri")) == {""}
    assert "context" not in read.files
    for at in (0, 7, len(names) - 1):
        seeds = demo.asked(artist=names[at]).seeds
        assert counts[at] == sum(seed.track.count for seed in seeds)
        assert read["centre"][at] == pytest.approx(demo.search.question(seeds, ()).vector, abs=1e-5)
    manifest = json.loads((tmp_path / "a.npz.manifest.json").read_text())
    assert (manifest["artists"], manifest["matrices"]) == (len(names), ["centre"])
    assert "tracks" not in manifest


@pytest.mark.parametrize("format", QUICK)
def test_every_format_holds_artists(format: str, sample_root: Path, tmp_path: Path) -> None:
    place = tmp_path / "out"
    settings = package.ExportSettings(of="artists", top=20)
    report = package.export("demo", place, format, settings, experiments_dir=sample_root)  # reads it back
    assert (report.tracks, report.dim) == (20, 100)
    assert all(path.exists() for path in (place, *companion_files(place, format)))


def test_filters_and_extras_apply_to_artists(sample_root: Path, tmp_path: Path) -> None:
    only = ["The Unpaid Otters", "marble ferryboat", "nobody of this name"]
    settings = package.ExportSettings(of="artists", artist=only, neighbours=5, dtype="int8")
    report = package.export("demo", tmp_path / "a.parquet", settings=settings, experiments_dir=sample_root)
    table = pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert sorted(row["artist"] for row in table) == ["Marble Ferryboat", "The Unpaid Otters"]
    assert [row["neighbours"]["ids"] for row in table] == [[1], [0]]
    assert report.unknown == ["nobody of this name"]
    with pytest.raises(SettingError, match="a single artist has no neighbours: export more"):
        one = package.ExportSettings(of="artists", top=1, neighbours=5)
        package.export("demo", tmp_path / "b.parquet", settings=one, experiments_dir=sample_root)
    with pytest.raises(SettingError, match="artists have no context vectors: leave out matrix='both'"):
        package.ExportSettings(of="artists", matrix="both")
    with pytest.raises(SettingError, match=r"none of the [\d,]+ artists occurs 1,000,000 times or more"):
        many = package.ExportSettings(of="artists", min_count=1_000_000)
        package.export("demo", tmp_path / "b.parquet", settings=many, experiments_dir=sample_root)


def test_the_report_counts_artists(sample_root: Path, tmp_path: Path) -> None:
    ran = run_sgp(
        "export", "demo", tmp_path / "a.csv", "--of", "artists", "--top", "9", "--experiments-dir", sample_root
    )
    assert ran.code == 0
    assert "9 artists × 100; 492 filtered out" in ran.out
    assert (tmp_path / "a.csv").read_text(encoding="utf-8").count("\n") == 10
