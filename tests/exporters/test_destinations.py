"""Where exports are written: formats by suffix, existing files, manifests and full disks."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import skipgramophone as package
from skipgramophone import exporters
from skipgramophone.errors import ExperimentError, SettingError, StorageError
from skipgramophone.experiment.catalogue import Track
from skipgramophone.exporters.vectors import TrackVectors
from tests.exporters.track_vectors import read_texts, vectors_of

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")  # of Keras itself


def test_format_is_named_or_taken_from_the_suffix() -> None:
    assert exporters.format_of(Path("x.NPZ"), None) == "npz"
    assert exporters.format_of(Path("x.txt"), "csv") == "csv"
    assert exporters.format_of(Path("x.vec"), None) == "word2vec"
    assert exporters.format_of(Path("x.bin"), None) == "word2vec-binary"
    names = "use format with one of these names: annoy, csv, "
    with pytest.raises(SettingError, match=r"cannot tell the format of 'x\.txt' from its suffix: use \.annoy, "):
        exporters.format_of(Path("x.txt"), None)
    with pytest.raises(SettingError, match=f"unknown format 'x': {names}"):
        exporters.format_of(Path("x.npz"), "x")


def test_existing_file_is_kept_without_force(tmp_path: Path) -> None:
    place = tmp_path / "out.npz"
    place.write_text("precious")
    with pytest.raises(
        ExperimentError, match=r"out\.npz already exists: choose another path, or replace it with force=True"
    ):
        exporters.write(place, "npz", vectors_of(["a"]))
    assert place.read_text() == "precious"
    exporters.write(place, "npz", vectors_of(["a"]), force=True)
    assert read_texts(np.load(place), "artist") == ["a"]


@pytest.mark.parametrize("format", ["annoy", "projector", "savedmodel"])
def test_directory_with_other_files_is_never_replaced(tmp_path: Path, format: str) -> None:
    vectors = vectors_of(["a", "b"])
    vectors.centre[:] = [[1, 2, 3], [3, 2, 1]]
    place = tmp_path / "out"
    exporters.write(place, format, vectors)
    with pytest.raises(
        ExperimentError, match="out already exists: choose another directory, or replace it with force=True"
    ):
        exporters.write(place, format, vectors)
    exporters.write(place, format, vectors, force=True)
    (place / "manifest.json").rename(tmp_path / "kept")
    with pytest.raises(ExperimentError, match=r"it contains '.*', which is not part of an export"):
        exporters.write(place, format, vectors, force=True)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "manifest.json").write_text('{"name": "an app"}')
    with pytest.raises(ExperimentError, match=r"it contains 'manifest\.json', which is not part of an export"):
        exporters.write(tmp_path / "app", format, vectors, force=True)
    (tmp_path / "kept").rename(place / "manifest.json")
    (place / "thesis.txt").write_text("precious")
    with pytest.raises(ExperimentError, match=r"it contains 'thesis\.txt', which is not part of an export; choose"):
        exporters.write(place, format, vectors, force=True)
    assert (place / "thesis.txt").read_text() == "precious"
    (tmp_path / "file").write_text("precious")
    (tmp_path / "link").symlink_to(place)
    os.mkfifo(tmp_path / "pipe")
    for other in (tmp_path / "file", tmp_path / "link", tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(ExperimentError, match=f"cannot write {other}: it is not a directory"):
            exporters.write(other, format, vectors, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app", "file", "link", "out", "pipe"]


@pytest.mark.parametrize("format", ["csv", "word2vec"])
def test_links_directories_and_pipes_are_refused(tmp_path: Path, format: str) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "directory", tmp_path / "link", tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(ExperimentError, match="it is not a regular file"):
            exporters.write(place, format, vectors_of(["a"]), force=True)
    (tmp_path / "out.manifest.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ExperimentError, match=r"out\.manifest\.json: it is not a regular file"):
        exporters.write(tmp_path / "out", format, vectors_of(["a"]), force=True)
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["out.npz", "out.vec", "out.annoy"])
def test_export_has_a_manifest(sample_root: Path, tmp_path: Path, name: str) -> None:
    chosen = package.ExportSettings(top=40, matrix="centre")
    report = package.export("demo", tmp_path / name, settings=chosen, experiments_dir=sample_root)
    place = tmp_path / name
    home = place if place.is_dir() else tmp_path
    manifest_path = place / "manifest.json" if place.is_dir() else tmp_path / f"{name}.manifest.json"
    manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    with package.open("demo", sample_root) as demo:
        assert manifest["model"] == demo.experiment.manifest("model").digest
    assert (manifest["experiment"], manifest["tracks"], manifest["dimension"]) == ("demo", 40, 100)
    assert (manifest["matrices"], manifest["dtype"], manifest["format"]) == (["centre"], "float32", report.format)
    assert set(manifest["files"]) == {path.name for path in home.iterdir()} - {manifest_path.name}
    for file, facts in manifest["files"].items():
        data = (home / file).read_bytes()
        assert facts == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


@pytest.mark.parametrize("format", sorted(exporters.FORMATS))
def test_full_disk_is_a_one_line_error_and_keeps_the_old_export(full_disk: None, tmp_path: Path, format: str) -> None:
    tracks = [Track(row, f"artist {row}", f"title {row}", None, 1, row) for row in range(1000)]
    centre = np.random.default_rng(1).standard_normal((1000, 20)).astype(np.float32)
    vectors = TrackVectors(tracks, centre, centre, centre[:, 0])
    few = replace(vectors, tracks=tracks[:20], centre=centre[:20], context=centre[:20], context_bias=centre[:20, 0])
    place = tmp_path / "out"
    exporters.write(place, format, few)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(StorageError, match=r"^cannot write [^\n]*$"):
        exporters.write(place, format, vectors, force=True)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
