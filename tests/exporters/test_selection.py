"""Which tracks, matrices and number types are exported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import skipgramophone as package
from skipgramophone.errors import SettingError
from skipgramophone.exporters import parquet
from skipgramophone.lookup.index_recall import recall_of_copy
from skipgramophone.maps.projection import by_components
from skipgramophone.names.normalization import full_name
from tests.conftest import run_sgp
from tests.exporters.track_vectors import read_texts, vectors_of


def test_min_count_top_normalise_and_safe_cells(experiments: Path, tmp_path: Path) -> None:
    count = np.array([9, 4, 4, 1])
    vectors = np.array([[3, 4], [0, 2], [5, 0], [1, 1]], np.float32)
    names = np.array(["=a - @b", "c - -d", "e", "f - g"])
    np.savez(tmp_path / "v.npz", vectors=vectors, context=vectors, tracks=names, count=count)
    package.import_vectors("small", tmp_path / "v.npz")

    def exported(**values: Any) -> tuple[Any, Any]:
        chosen = package.ExportSettings(**values)
        report = package.export("small", tmp_path / "out.npz", settings=chosen, force=True)
        return report, np.load(tmp_path / "out.npz")

    report, read = exported(min_count=4, top=2, normalise=True)
    assert (report.tracks, report.not_asked, report.left_out) == (2, 2, 0)
    assert (read_texts(read, "artist"), read_texts(read, "title")) == (["=a", "c"], ["@b", "-d"])
    np.testing.assert_allclose(read["centre"], np.array([[0.6, 0.8], [0.0, 1.0]], np.float32), rtol=1e-6)
    np.testing.assert_array_equal(read["context"], read["centre"])
    _, read = exported(min_count=4)
    np.testing.assert_array_equal(read["centre"], vectors[:3])
    with pytest.raises(SettingError, match="none of the 4 tracks occurs 10 times or more: use a smaller min_count"):
        exported(min_count=10)
    with pytest.raises(SettingError, match="safe_cells is for spreadsheets: export as csv or tsv, not npz"):
        exported(safe_cells=True)
    package.export("small", tmp_path / "safe.csv", settings=package.ExportSettings(safe_cells=True))
    read = pd.read_csv(tmp_path / "safe.csv", keep_default_na=False)
    assert read["artist"].tolist() == ["'=a", "c", "", "f"]
    assert read["title"].tolist() == ["'@b", "'-d", "e", "g"]


def test_artist_and_only_select_tracks_by_name(sample_root: Path, tmp_path: Path) -> None:
    with package.open("demo", sample_root) as demo:
        tracks = list(demo.catalogue.all_tracks())
    artist = tracks[0].artist
    place = tmp_path / "some.npz"

    def exported(**values: Any) -> tuple[list[str], list[str]]:
        settings = package.ExportSettings(**values)
        report = package.export("demo", place, settings=settings, force=True, experiments_dir=sample_root)
        read = np.load(place)
        return list(map(full_name, read_texts(read, "artist"), read_texts(read, "title"))), report.unknown

    by_artist = [track.name for track in tracks if track.artist == artist]
    assert exported(artist=[artist.upper(), "Unknown"]) == (by_artist, ["Unknown"])
    uri = tracks[900].uri
    assert exported(only=[f" {tracks[7].name.upper()}", uri, "unknown - track"]) == (
        [tracks[7].name, tracks[900].name],
        ["unknown - track"],
    )
    with pytest.raises(SettingError, match="nothing to export from 2,984 tracks: no match for 'nothing'"):
        exported(only=["nothing"])
    with pytest.raises(
        SettingError,
        match="2,984 tracks: no track passes all of min_count, artist and only",
    ):
        exported(only=[next(track.name for track in tracks if track.artist != artist)], artist=[artist])
    (tmp_path / "list.m3u8").write_text(f"#EXTM3U\n#EXTINF:-1,x\n{uri}\nno such track\n", encoding="utf-8")
    ran = run_sgp(
        "export", "demo", "-", "--format", "tsv", "--only", tmp_path / "list.m3u8", "--experiments-dir", sample_root
    )
    assert ran.err == "1 name without a matching vector: 'no such track'\n"
    assert [line.split("\t")[3] for line in ran.out.splitlines()] == ['"uri"', f'"{uri}"']


def test_matrix_selects_centre_or_context_vectors(sample_root: Path, tmp_path: Path) -> None:
    def exported(name: str, **values: Any) -> Path:
        chosen = package.ExportSettings(top=50, **values)
        package.export("demo", tmp_path / name, settings=chosen, force=True, experiments_dir=sample_root)
        return tmp_path / name

    both = np.load(exported("both.npz"))
    assert not np.array_equal(both["centre"], both["context"])
    context = np.load(exported("context.npz", matrix="context"))
    assert {"context", "context_bias"} <= set(context.files)
    assert "centre" not in context.files
    np.testing.assert_array_equal(context["context"], both["context"])
    assert not {"context", "context_bias"} & set(np.load(exported("centre.npz", matrix="centre")).files)
    read = pd.read_csv(exported("context.tsv", matrix="context"), sep="\t")
    np.testing.assert_array_equal(read.filter(like="context_").to_numpy(np.float32), both["context"])
    assert pq.read_schema(exported("out.parquet", matrix="centre")).names[-1] == "centre"
    lines = exported("out.jsonl", matrix="context").read_text().splitlines()
    np.testing.assert_array_equal(np.array([json.loads(line)["context"] for line in lines]), both["context"])


@pytest.mark.parametrize("dtype", ["float16", "int8"])
@pytest.mark.parametrize("suffix", ["npz", "parquet", "safetensors"])
def test_float16_and_int8_exports_report_their_recall(
    sample_root: Path, tmp_path: Path, suffix: str, dtype: Any
) -> None:
    chosen = package.ExportSettings(dtype=dtype, matrix="centre")
    place = tmp_path / f"out.{suffix}"
    report = package.export("demo", place, settings=chosen, experiments_dir=sample_root)
    with package.open("demo", sample_root) as demo:
        full = np.asarray(demo.embeddings.centre)
    if suffix == "npz":
        read = np.load(place)
    elif suffix == "parquet":
        table = pq.read_table(place)
        read = {"centre": table["centre"].combine_chunks().flatten().to_numpy().reshape(full.shape)}
        read |= {name: table[name].to_numpy() for name in table.column_names if name.endswith("_scale")}
    else:
        read = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed").load_file(place)
    assert read["centre"].dtype == np.dtype(dtype)
    if dtype == "float16":
        np.testing.assert_array_equal(read["centre"], full.astype(np.float16))
    else:
        largest = np.abs(full).max(axis=1)
        assert np.abs(read["centre"]).max() == 127
        error = np.abs(read["centre"] * read["centre_scale"][:, None] - full)
        assert (error <= largest[:, None] / 127 * 0.501).all()  # half a step
    assert report.recall_at_10 is not None
    assert 0.98 < report.recall_at_10 <= 1
    if suffix != "safetensors":  # these two formats can be imported again
        package.import_vectors("back", place, experiments_dir=tmp_path)
        with package.open("back", tmp_path) as back:
            np.testing.assert_allclose(np.asarray(back.embeddings.centre), full, rtol=1e-3, atol=largest_step(full))


def largest_step(matrix: Any) -> float:
    """Return the largest step between two int8 values of any row."""
    return float(np.abs(matrix).max() / 127)


def test_recall_of_a_copy_compares_nearest_neighbours() -> None:
    rng = np.random.default_rng(5)
    centre = rng.standard_normal((300, 8)).astype(np.float32)
    assert recall_of_copy(centre, centre, 1) == 1.0
    rough = np.sign(centre)
    unit, rough_unit = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (centre, rough))
    shares = []
    for row in range(300):  # recall_of_copy compares all rows of so small a matrix
        true, near = unit @ unit[row], rough_unit @ rough_unit[row]
        true[row] = near[row] = -2
        shares.append(len(set(np.argsort(-true)[:10]) & set(np.lexsort((np.arange(300), -near))[:10])) / 10)
    assert recall_of_copy(rough, centre, 1) == pytest.approx(np.mean(shares), abs=0.01)


def test_float16_refuses_large_numbers() -> None:
    message = "the vectors contain numbers above 65,504, the maximum of float16: export them as float32"
    with pytest.raises(SettingError, match=message):
        vectors_of(["a", "b"]).to_float16()


def test_parquet_has_neighbours_and_projection_for_embedding_atlas(
    sample_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = package.ExportSettings(top=700, neighbours=5, projection="pca")
    monkeypatch.setattr(parquet, "GROUP_ROWS", 500)
    package.export("demo", tmp_path / "out.parquet", settings=chosen, experiments_dir=sample_root)
    read = pq.read_table(tmp_path / "out.parquet")
    assert pq.ParquetFile(tmp_path / "out.parquet").num_row_groups == 2  # written one after the other
    centre = np.array(read["centre"].to_pylist(), np.float64)
    places = np.stack([read["x"].to_numpy(), read["y"].to_numpy()], axis=1)
    np.testing.assert_allclose(places, by_components(centre.astype(np.float32)), atol=1e-5)
    unit = centre / np.linalg.norm(centre, axis=1, keepdims=True)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -2)
    listed = read["neighbours"].to_pylist()
    near, given = np.array([one["ids"] for one in listed]), 1 - np.array([one["distances"] for one in listed])
    assert near.shape == (700, 5)
    np.testing.assert_allclose(given, np.sort(similarity, axis=1)[:, :-6:-1], atol=1e-5)
    np.testing.assert_allclose(given, np.take_along_axis(similarity, near, axis=1), atol=1e-5)
    with pytest.raises(SettingError, match="npz cannot store neighbours: export as parquet"):
        package.export("demo", tmp_path / "out.npz", settings=chosen, experiments_dir=sample_root)
