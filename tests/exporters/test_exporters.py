"""Exports are read back by the tools that they are for, hostile names letter for letter."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skipgramophone as package
from skipgramophone import exporters
from skipgramophone.errors import ExperimentError, SettingError, StorageError
from skipgramophone.experiment.catalogue import Track
from skipgramophone.exporters import jsonl, parquet
from skipgramophone.exporters.vectors import TrackVectors, require_same
from skipgramophone.lookup.index_recall import recall_of_copy
from skipgramophone.maps.projection import by_components
from skipgramophone.names.normalization import full_name
from skipgramophone.word2vec_format import unescaped
from tests.conftest import run_sgp

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")  # of Keras itself
HOSTILE = [
    '=HYPERLINK("x")', "+1", "-1", "@x", 'a "quoted" name', "comma, semicolon; tab\tend", "line\nbreak", "cr\rhere",
    "[/b]", ":heart:", "\x1b[31m", "\u202egnp", "<script>alert(1)</script>", "NA", "nan", "", " edge ", "椎名林檎",
    "true", "1e5", "'", "\\", "\ufeff", "🐴",
]  # fmt: skip


def vectors_of(names: list[str], dim: int = 3, seed: int = 1) -> TrackVectors:
    """Tracks of hostile names with awkward numbers."""
    rng = np.random.default_rng(seed)
    tracks = [
        Track(row, name, names[-1 - row], None if row % 2 else f"x:{row}", len(names) - row, row + 1)
        for row, name in enumerate(names)
    ]
    centre, context = rng.standard_normal((2, len(names), dim)).astype(np.float32) * np.float32(1e-3)
    centre[0, 0], centre[-1, -1] = np.float32(1e-38), np.float32(-3.4e38)
    return TrackVectors(tracks, centre, context, rng.standard_normal(len(names)).astype(np.float32))


def texts_of(read: Any, name: str) -> list[str]:
    """Texts of an npz file as docs/exporting.md reads them."""
    data = read[f"{name}_utf8"].tobytes()
    return [data[start:end].decode() for start, end in itertools.pairwise(read[f"{name}_offsets"])]


def test_npz_is_plain_arrays(tmp_path: Path) -> None:
    vectors = vectors_of(HOSTILE)
    exporters.write(tmp_path / "out.npz", "npz", vectors)
    with np.load(tmp_path / "out.npz", allow_pickle=False) as read:
        texts = [f"{name}_{part}" for name in ("artist", "title", "uri") for part in ("offsets", "utf8")]
        assert sorted(read.files) == sorted(["centre", "context", "context_bias", "count", *texts])
        assert read["centre"].dtype == read["context"].dtype == np.float32
        assert read["centre"].tobytes() == vectors.centre.tobytes()
        assert read["context"].tobytes() == vectors.context.tobytes()
        assert read["context_bias"].tobytes() == vectors.context_bias.tobytes()
        assert texts_of(read, "artist") == HOSTILE
        assert texts_of(read, "title") == HOSTILE[::-1]
        assert texts_of(read, "uri") == [track.uri or "" for track in vectors.tracks]
        assert read["count"].tolist() == [track.count for track in vectors.tracks]


def test_csv_reads_with_pandas(tmp_path: Path) -> None:
    vectors = vectors_of(HOSTILE)
    exporters.write(tmp_path / "out.csv", "csv", vectors)
    read = pd.read_csv(tmp_path / "out.csv", keep_default_na=False, dtype={"artist": str, "title": str, "uri": str})
    assert list(read.columns) == ["position", "artist", "title", "uri", "count", "centre_0", "centre_1", "centre_2"]
    # pandas ends a quoted field's "\r" as "\n" here and there; everything else is letter for letter.
    assert [name.replace("\r", "\n") for name in read["artist"]] == [name.replace("\r", "\n") for name in HOSTILE]
    assert read["position"].tolist() == list(range(1, len(HOSTILE) + 1))
    assert read["uri"].tolist() == [track.uri or "" for track in vectors.tracks]
    assert read["count"].tolist() == [track.count for track in vectors.tracks]
    np.testing.assert_array_equal(read[["centre_0", "centre_1", "centre_2"]].to_numpy(np.float32), vectors.centre)


def test_parquet_reads_with_pyarrow(tmp_path: Path) -> None:
    vectors = vectors_of(HOSTILE)
    exporters.write(tmp_path / "out.parquet", "parquet", vectors)
    read = pq.read_table(tmp_path / "out.parquet")
    assert read.schema.field("centre").type == pa.list_(pa.float32(), 3)
    assert read["artist"].to_pylist() == HOSTILE
    assert read["uri"].to_pylist() == [track.uri for track in vectors.tracks]
    assert read["count"].to_pylist() == [track.count for track in vectors.tracks]
    assert read["position"].to_pylist() == [track.position for track in vectors.tracks]
    np.testing.assert_array_equal(np.array(read["centre"].to_pylist(), np.float32), vectors.centre)
    np.testing.assert_array_equal(np.array(read["context"].to_pylist(), np.float32), vectors.context)


@pytest.mark.parametrize("format", ["word2vec", "word2vec-binary"])
def test_word2vec_reads_with_gensim(tmp_path: Path, format: str) -> None:
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    vectors = vectors_of([*HOSTILE, "twice", "twice"][::-1])
    twins = [replace(track, title="same") if track.artist == "twice" else track for track in vectors.tracks]
    vectors = replace(vectors, tracks=twins)
    place = tmp_path / "out.vec"
    size = exporters.write(place, format, vectors)
    read = models.KeyedVectors.load_word2vec_format(str(place), binary=format == "word2vec-binary")
    np.testing.assert_array_equal(read.vectors, vectors.centre)
    assert [unescaped(key) for key in read.index_to_key] == [track.name for track in twins]
    assert read.index_to_key[:2] == ["twice%20-%20same", "twice%20-%20same%232"]
    beside = tmp_path / "out.vec.names.jsonl"
    known = [json.loads(line) for line in beside.read_text(encoding="utf-8").split("\n")[:-1]]
    assert [record["key"] for record in known] == read.index_to_key
    assert [record["artist"] for record in known] == [track.artist for track in twins]
    assert size == sum(path.stat().st_size for path in tmp_path.iterdir())
    place.unlink()
    with pytest.raises(
        ExperimentError, match=r"out\.vec\.names\.jsonl already exists: choose another path, or replace it with --force"
    ):
        exporters.write(place, format, vectors)
    assert not place.exists()


def test_tsv_reads_with_pandas(tmp_path: Path) -> None:
    vectors = vectors_of(HOSTILE)
    exporters.write(tmp_path / "out.tsv", "tsv", vectors)
    text = {"artist": str, "title": str, "uri": str}
    read = pd.read_csv(tmp_path / "out.tsv", sep="\t", keep_default_na=False, dtype=text)
    assert [name.replace("\r", "\n") for name in read["title"]] == [name.replace("\r", "\n") for name in HOSTILE[::-1]]
    np.testing.assert_array_equal(read[["centre_0", "centre_1", "centre_2"]].to_numpy(np.float32), vectors.centre)


def test_jsonl_reads_with_pandas(tmp_path: Path) -> None:
    vectors = vectors_of(HOSTILE)
    exporters.write(tmp_path / "out.jsonl", "jsonl", vectors)
    read = pd.read_json(tmp_path / "out.jsonl", lines=True, dtype=False, precise_float=True)
    assert list(read["artist"]) == HOSTILE
    assert [uri if isinstance(uri, str) else None for uri in read["uri"]] == [track.uri for track in vectors.tracks]
    assert list(read["count"]) == [track.count for track in vectors.tracks]
    np.testing.assert_array_equal(np.array(read["centre"].tolist()).astype(np.float32), vectors.centre)


def test_safetensors_reads_with_its_library(tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors", reason="safetensors is not installed")
    vectors = vectors_of(HOSTILE)
    exporters.write(tmp_path / "out.safetensors", "safetensors", vectors)
    with library.safe_open(tmp_path / "out.safetensors", framework="numpy") as read:
        assert sorted(read.keys()) == ["centre", "context", "context_bias"]
        for name in ("centre", "context", "context_bias"):
            np.testing.assert_array_equal(read.get_tensor(name), getattr(vectors, name))
        assert json.loads(read.metadata()["artist"]) == HOSTILE


def test_the_projector_reads_points_and_labels(tmp_path: Path) -> None:
    vectors = vectors_of(HOSTILE)
    exporters.write(tmp_path / "shown", "projector", vectors)
    assert {path.name for path in (tmp_path / "shown").iterdir()} == {
        "vectors.tsv",
        "metadata.tsv",
        "projector_config.pbtxt",
        "manifest.json",
    }
    config_pb2 = pytest.importorskip("tensorboard.plugins.projector.projector_config_pb2", reason="no TensorBoard")
    text_format = pytest.importorskip("google.protobuf.text_format")
    config = config_pb2.ProjectorConfig()
    text_format.Parse((tmp_path / "shown" / "projector_config.pbtxt").read_text(), config)
    (described,) = config.embeddings
    # As its own script splits them: lines at \n, fields at tabs, the first line of several columns their names.
    points = (tmp_path / "shown" / described.tensor_path).read_bytes().decode().split("\n")
    labels = (tmp_path / "shown" / described.metadata_path).read_bytes().decode().split("\n")
    assert points.pop() == labels.pop() == ""
    np.testing.assert_array_equal(np.array([line.split("\t") for line in points], np.float32), vectors.centre)
    head, *rows = [line.split("\t") for line in labels]
    assert head == ["name", "position", "artist", "title", "uri", "count"]
    assert [json.loads('"' + row[2].replace('"', '\\"') + '"') for row in rows] == HOSTILE
    assert rows[HOSTILE.index("<script>alert(1)</script>")][2] == "<script>alert(1)</script>"


def test_the_projector_is_given_the_frequent_half_and_a_sample_of_the_rest() -> None:
    assert list(exporters.shown("npz", 250_000)) == list(range(250_000))
    rows = np.array(exporters.shown("projector", 250_000))
    assert len(np.unique(rows)) == len(rows) == 100_000
    np.testing.assert_array_equal(rows[:50_000], np.arange(50_000))
    assert rows[-1] == 249_999
    assert set(np.diff(rows[50_000:]).tolist()) <= {3, 4, 5}  # 4 on the average


def test_annoy_reads_with_its_library(tmp_path: Path) -> None:
    from annoy import AnnoyIndex

    names = [f"{name}{at}" for at in range(5) for name in HOSTILE]
    vectors = replace(vectors_of(names), centre=np.random.default_rng(3).standard_normal((len(names), 4), np.float32))
    exporters.write(tmp_path / "near.annoy", "annoy", vectors)
    manifest = json.loads((tmp_path / "near.annoy" / "manifest.json").read_text())
    lines = (tmp_path / "near.annoy" / "names.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert [json.loads(line)["artist"] for line in lines] == names
    index = AnnoyIndex(manifest["dimension"], manifest["metric"])
    index.load(str(tmp_path / "near.annoy" / "tracks.annoy"))
    assert index.get_n_items() == manifest["items"] == len(names)
    unit = vectors.centre / np.linalg.norm(vectors.centre, axis=1, keepdims=True)
    for item in range(0, len(names), 7):
        true = np.argsort(-unit @ unit[item])[:2].tolist()
        assert index.get_nns_by_item(item, 2, search_k=manifest["search_k"]) == true


def test_tensorflow_serves_vectors_and_nearest_tracks(tmp_path: Path) -> None:
    import tensorflow as tf

    vectors = vectors_of([*HOSTILE, "twice", "twice"])
    tracks = [replace(track, title="same") if track.artist == "twice" else track for track in vectors.tracks]
    centre = np.random.default_rng(3).standard_normal(vectors.centre.shape).astype(np.float32)
    exporters.write(tmp_path / "served", "savedmodel", replace(vectors, tracks=tracks, centre=centre))
    lines = (tmp_path / "served" / "names.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert [json.loads(line)["title"] for line in lines] == [track.title for track in tracks]
    served = tf.saved_model.load(str(tmp_path / "served"))
    given = served.signatures["vectors"](ids=tf.constant([2, 0], tf.int64))["vectors"].numpy()
    np.testing.assert_array_equal(given, centre[[2, 0]])

    def nearest(names: list[str], number: int) -> tuple[Any, ...]:
        told = served.signatures["nearest"](names=tf.constant(names), number=tf.constant(number))
        return tuple(told[part].numpy() for part in ("ids", "names", "similarities"))

    unit = centre / np.linalg.norm(centre, axis=1, keepdims=True)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -2)
    asked = [3, 12, len(tracks) - 2]
    ids, names, similarities = nearest([tracks[at].name for at in asked], 4)
    np.testing.assert_array_equal(ids, np.argsort(-similarity[asked], axis=1)[:, :4])
    np.testing.assert_allclose(similarities, np.sort(similarity[asked], axis=1)[:, :-5:-1], atol=1e-6)
    assert [name.decode() for name in names[0]] == [tracks[at].name for at in ids[0]]
    by_uri, _, _ = nearest(["x:12", "nobody - nothing"], 100)
    np.testing.assert_array_equal(by_uri[0], np.argsort(-similarity[12])[:-1])
    assert set(by_uri[1].tolist()) == {-1}


def test_keras_has_a_layer_of_the_vectors(tmp_path: Path) -> None:
    import keras

    vectors = vectors_of(HOSTILE)
    killed = tmp_path / ".out.keras.4194305.scratch"  # by a process of a number that none has
    killed.mkdir()
    (killed / "tracks.keras").write_bytes(b"half")
    exporters.write(tmp_path / "out.keras", "keras", vectors)
    model = keras.saving.load_model(tmp_path / "out.keras")
    np.testing.assert_array_equal(model.predict(np.array([[5, 0]]), verbose=0), vectors.centre[None, [5, 0]])
    assert model.get_layer("tracks").input_dim == len(HOSTILE)
    lines = (tmp_path / "out.keras.names.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert [json.loads(line)["artist"] for line in lines] == HOSTILE
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"out.keras", "out.keras.names.jsonl", "out.keras.manifest.json"}


def test_onnx_runs_in_its_runtime(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="ONNX is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    vectors = vectors_of(HOSTILE)
    exporters.write(tmp_path / "out.onnx", "onnx", vectors)
    session = runtime.InferenceSession(tmp_path / "out.onnx", providers=["CPUExecutionProvider"])
    (given,) = session.run(["vectors"], {"ids": np.array([5, 0])})
    np.testing.assert_array_equal(given, vectors.centre[[5, 0]])
    lines = (tmp_path / "out.onnx.names.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert [json.loads(line)["artist"] for line in lines] == HOSTILE


def test_faiss_reads_with_its_library(sample_root: Path, tmp_path: Path) -> None:
    library = pytest.importorskip("faiss", reason="FAISS is not installed")
    for name in ("a", "b"):
        package.export("demo", tmp_path / f"{name}.faiss", experiments_dir=sample_root)
    assert (tmp_path / "a.faiss").read_bytes() == (tmp_path / "b.faiss").read_bytes()
    manifest = json.loads((tmp_path / "a.faiss.manifest.json").read_text())
    assert manifest["recall_at_10"] >= package.IndexSettings().recall
    index = library.read_index(str(tmp_path / "a.faiss"))
    with package.open("demo", sample_root) as demo:
        centre = np.asarray(demo.embeddings.centre)
        names = [track.name for track in demo.catalogue.all_tracks()]
    lines = (tmp_path / "a.faiss.names.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert [f"{(r := json.loads(line))['artist']} - {r['title']}" for line in lines] == names
    unit = centre / np.linalg.norm(centre, axis=1, keepdims=True)
    asked = np.arange(0, len(unit), 50)
    similarity, found = index.search(unit[asked], 11)
    np.testing.assert_allclose(similarity, np.take_along_axis(unit[asked] @ unit.T, found, axis=1), atol=1e-5)
    true = np.argsort(-unit[asked] @ unit.T, axis=1)[:, :11]
    hits = sum(len(np.intersect1d(one, other)) for one, other in zip(found, true, strict=True))
    assert hits / true.size > 0.95


@pytest.mark.parametrize("format", ["annoy", "projector", "savedmodel"])
def test_a_directory_that_is_not_an_export_s_is_kept(tmp_path: Path, format: str) -> None:
    vectors = vectors_of(["a", "b"])
    vectors.centre[:] = [[1, 2, 3], [3, 2, 1]]
    place = tmp_path / "out"
    exporters.write(place, format, vectors)
    with pytest.raises(ExperimentError, match="out already exists: choose another path, or replace it with --force"):
        exporters.write(place, format, vectors)
    exporters.write(place, format, vectors, force=True)
    (place / "manifest.json").rename(tmp_path / "kept")
    with pytest.raises(ExperimentError, match=r"it holds '.*', which is none of the export's"):  # another tool's, then
        exporters.write(place, format, vectors, force=True)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "manifest.json").write_text('{"name": "an app"}')
    with pytest.raises(ExperimentError, match=r"it holds 'manifest\.json', which is none of the export's"):
        exporters.write(tmp_path / "app", format, vectors, force=True)
    (tmp_path / "kept").rename(place / "manifest.json")
    (place / "thesis.txt").write_text("precious")
    with pytest.raises(ExperimentError, match=r"it holds 'thesis\.txt', which is none of the export's"):
        exporters.write(place, format, vectors, force=True)
    assert (place / "thesis.txt").read_text() == "precious"
    (tmp_path / "file").write_text("precious")
    (tmp_path / "link").symlink_to(place)
    os.mkfifo(tmp_path / "pipe")
    for other in (tmp_path / "file", tmp_path / "link", tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(ExperimentError, match=f"cannot write {other}: it is not a directory"):
            exporters.write(other, format, vectors, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app", "file", "link", "out", "pipe"]


@pytest.mark.parametrize(
    ("module", "called", "extra"),
    [("safetensors", "safetensors", "formats"), ("faiss", "FAISS", "faiss"), ("onnx", "ONNX", "onnx")],
)
def test_a_format_whose_library_is_missing_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, called: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SettingError, match=rf"{called} is not installed: pip install 'skipgramophone\[{extra}\]'"):
        exporters.write(tmp_path / "out", module, vectors_of(["a"]))
    assert not list(tmp_path.iterdir())


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


def test_which_tracks_and_how(experiments: Path, tmp_path: Path) -> None:
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
    assert (texts_of(read, "artist"), texts_of(read, "title")) == (["=a", "c"], ["@b", "-d"])
    np.testing.assert_allclose(read["centre"], np.array([[0.6, 0.8], [0.0, 1.0]], np.float32), rtol=1e-6)
    np.testing.assert_array_equal(read["context"], read["centre"])
    _, read = exported(min_count=4)
    np.testing.assert_array_equal(read["centre"], vectors[:3])
    with pytest.raises(SettingError, match="none of the 4 tracks occurs 10 times or more"):
        exported(min_count=10)
    with pytest.raises(SettingError, match="safe-cells is for csv and tsv, which spreadsheets open, not for npz"):
        exported(safe_cells=True)
    package.export("small", tmp_path / "safe.csv", settings=package.ExportSettings(safe_cells=True))
    read = pd.read_csv(tmp_path / "safe.csv", keep_default_na=False)
    assert read["artist"].tolist() == ["'=a", "c", "", "f"]
    assert read["title"].tolist() == ["'@b", "'-d", "e", "g"]


def test_only_some_artists_and_only_a_list(sample_root: Path, tmp_path: Path) -> None:
    with package.open("demo", sample_root) as demo:
        tracks = list(demo.catalogue.all_tracks())
    artist = tracks[0].artist
    place = tmp_path / "some.npz"

    def exported(**values: Any) -> tuple[list[str], list[str]]:
        settings = package.ExportSettings(**values)
        report = package.export("demo", place, settings=settings, force=True, experiments_dir=sample_root)
        read = np.load(place)
        return list(map(full_name, texts_of(read, "artist"), texts_of(read, "title"))), report.unknown

    by_artist = [track.name for track in tracks if track.artist == artist]
    assert exported(artist=[artist.upper(), "Nobody"]) == (by_artist, ["Nobody"])
    uri = tracks[900].uri
    assert exported(only=[f" {tracks[7].name.upper()}", uri, "nobody - nothing"]) == (
        [tracks[7].name, tracks[900].name],
        ["nobody - nothing"],
    )
    with pytest.raises(SettingError, match="none of the 2,984 tracks is asked for: there is no 'nothing'"):
        exported(only=["nothing"])
    with pytest.raises(SettingError, match="min-count, artist and only together leave none"):
        exported(only=[next(track.name for track in tracks if track.artist != artist)], artist=[artist])
    (tmp_path / "list.m3u8").write_text(f"#EXTM3U\n#EXTINF:-1,x\n{uri}\nno such track\n", encoding="utf-8")
    ran = run_sgp(
        "export", "demo", "-", "--format", "tsv", "--only", tmp_path / "list.m3u8", "--experiments-dir", sample_root
    )
    assert ran.err == "1 name without a matching vector: 'no such track'\n"
    assert [line.split("\t")[3] for line in ran.out.splitlines()] == ['"uri"', f'"{uri}"']


def test_which_matrix(sample_root: Path, tmp_path: Path) -> None:
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
def test_narrower_numbers_are_smaller_and_their_loss_is_measured(
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
    if suffix != "safetensors":  # what is exported can be imported
        package.import_vectors("back", place, experiments_dir=tmp_path)
        with package.open("back", tmp_path) as back:
            np.testing.assert_allclose(np.asarray(back.embeddings.centre), full, rtol=1e-3, atol=largest_step(full))


def largest_step(matrix: Any) -> float:
    """Of int8, the step of the row that has the largest."""
    return float(np.abs(matrix).max() / 127)


def test_the_loss_of_a_copy_is_that_of_its_neighbours() -> None:
    rng = np.random.default_rng(5)
    centre = rng.standard_normal((300, 8)).astype(np.float32)
    assert recall_of_copy(centre, centre, 1) == 1.0
    rough = np.sign(centre)
    unit, rough_unit = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (centre, rough))
    shares = []
    for row in range(300):  # all are asked: there are fewer than are drawn
        true, near = unit @ unit[row], rough_unit @ rough_unit[row]
        true[row] = near[row] = -2
        shares.append(len(set(np.argsort(-true)[:10]) & set(np.lexsort((np.arange(300), -near))[:10])) / 10)
    assert recall_of_copy(rough, centre, 1) == pytest.approx(np.mean(shares), abs=0.01)


def test_float16_has_no_room_for_large_numbers() -> None:
    with pytest.raises(SettingError, match="float16 has no numbers beyond 65,504, and the vectors do: export float32"):
        vectors_of(["a", "b"]).halved()


def test_neighbours_and_places_are_what_embedding_atlas_takes(
    sample_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = package.ExportSettings(top=700, neighbours=5, projection="pca")
    monkeypatch.setattr(parquet, "GROUP_ROWS", 500)
    package.export("demo", tmp_path / "out.parquet", settings=chosen, experiments_dir=sample_root)
    read = pq.read_table(tmp_path / "out.parquet")
    assert pq.ParquetFile(tmp_path / "out.parquet").num_row_groups == 2  # one is written before the next is found
    centre = np.array(read["centre"].to_pylist(), np.float64)
    places = np.stack([read["x"].to_numpy(), read["y"].to_numpy()], axis=1)
    np.testing.assert_allclose(places, by_components(centre.astype(np.float32)), atol=1e-5)
    unit = centre / np.linalg.norm(centre, axis=1, keepdims=True)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -2)
    told = read["neighbours"].to_pylist()
    near, given = np.array([one["ids"] for one in told]), 1 - np.array([one["distances"] for one in told])
    assert near.shape == (700, 5)
    np.testing.assert_allclose(given, np.sort(similarity, axis=1)[:, :-6:-1], atol=1e-5)
    np.testing.assert_allclose(given, np.take_along_axis(similarity, near, axis=1), atol=1e-5)
    with pytest.raises(SettingError, match="neighbours are written to parquet, not to npz"):
        package.export("demo", tmp_path / "out.npz", settings=chosen, experiments_dir=sample_root)


NAMES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(NAMES, st.sampled_from(sorted(set(exporters.FORMATS) - {"annoy", "faiss", "keras", "savedmodel"})))
def test_any_names_survive_every_format(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], format: str
) -> None:
    place = tmp_path_factory.mktemp("out") / "vectors"
    exporters.write(place, format, vectors_of(names))  # it reads back and compares, and raises where it differs
    assert place.stat().st_size > 0


def test_what_does_not_read_back_is_an_error(tmp_path: Path) -> None:
    vectors = vectors_of(["a", "b"])
    matrices = {"centre": vectors.centre, "context": vectors.context}
    require_same(tmp_path, vectors.columns(), matrices, vectors)
    for name, column in vectors.columns().items():
        with pytest.raises(StorageError, match=f"does not read back as written: its column {name} differs"):
            require_same(tmp_path, {name: [column[0], column[0]]}, {}, vectors)
        with pytest.raises(StorageError, match=f"its column {name} differs"):
            require_same(tmp_path, {name: column[:1]}, {}, vectors)
    for name, other in (("centre", "context"), ("context", "centre")):
        with pytest.raises(StorageError, match=f"its {name} differ"):
            require_same(tmp_path, {}, {name: matrices[other]}, vectors)


@pytest.mark.parametrize("format", sorted(set(exporters.FORMATS) - {"annoy", "faiss"}))  # whose numbers are others
def test_a_writer_reads_back_what_it_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    compared: list[set[str]] = []

    def record(_path: Path, read: dict[str, object], matrices: dict[str, object], _vectors: TrackVectors) -> None:
        compared.append({*read, *matrices})

    for module in (sys.modules[exporters.FORMATS[format].write.__module__], jsonl):  # which writes the names of some
        monkeypatch.setattr(module, "require_same", record)
    exporters.write(tmp_path / "out", format, vectors_of(["a", "b"]))
    assert set().union(*compared) >= {"artist", "title", "uri", "count", "centre"}


def test_one_endless_name_does_not_make_others_long(tmp_path: Path) -> None:
    for name, length in (("small.npz", 1), ("large.npz", 100_000)):
        exporters.write(tmp_path / name, "npz", vectors_of(["a" * length, *("b" for _ in range(500))]))
    small, large = ((tmp_path / name).stat().st_size for name in ("small.npz", "large.npz"))
    assert large - small < 2 * 100_000 + 1000  # it is an artist and a title


def test_the_format_is_given_or_the_suffix() -> None:
    assert exporters.format_of(Path("x.NPZ"), None) == "npz"
    assert exporters.format_of(Path("x.txt"), "csv") == "csv"
    assert exporters.format_of(Path("x.vec"), None) == "word2vec"
    assert exporters.format_of(Path("x.bin"), None) == "word2vec-binary"
    with pytest.raises(SettingError, match=r"suffix of 'x.txt' is not one that sgp writes"):
        exporters.format_of(Path("x.txt"), None)


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    place = tmp_path / "out.npz"
    place.write_text("precious")
    with pytest.raises(
        ExperimentError, match=r"out\.npz already exists: choose another path, or replace it with --force"
    ):
        exporters.write(place, "npz", vectors_of(["a"]))
    assert place.read_text() == "precious"
    exporters.write(place, "npz", vectors_of(["a"]), force=True)
    assert texts_of(np.load(place), "artist") == ["a"]


@pytest.mark.parametrize("name", ["out.npz", "out.vec", "out.annoy"])
def test_a_manifest_travels_with_an_export(sample_root: Path, tmp_path: Path, name: str) -> None:
    chosen = package.ExportSettings(top=40, matrix="centre")
    report = package.export("demo", tmp_path / name, settings=chosen, experiments_dir=sample_root)
    place = tmp_path / name
    home = place if place.is_dir() else tmp_path
    beside = place / "manifest.json" if place.is_dir() else tmp_path / f"{name}.manifest.json"
    manifest = json.loads(beside.read_text(encoding="utf-8"))
    with package.open("demo", sample_root) as demo:
        assert manifest["model"] == demo.experiment.manifest("model").digest
    assert (manifest["experiment"], manifest["tracks"], manifest["dimension"]) == ("demo", 40, 100)
    assert (manifest["matrices"], manifest["dtype"], manifest["format"]) == (["centre"], "float32", report.format)
    assert set(manifest["files"]) == {path.name for path in home.iterdir()} - {beside.name}
    for file, said in manifest["files"].items():
        data = (home / file).read_bytes()
        assert said == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def test_an_annoy_export_is_built_as_the_experiment_s_index(experiments: Path, tmp_path: Path) -> None:
    names = np.array([f"a - {at}" for at in range(50)])
    np.savez(tmp_path / "v.npz", vectors=np.random.default_rng(1).standard_normal((50, 4)), tracks=names)
    chosen = package.IndexSettings(trees=7, random_seed=3)
    package.import_vectors("small", tmp_path / "v.npz", index_settings=chosen)
    package.export("small", tmp_path / "near.annoy")
    manifest = json.loads((tmp_path / "near.annoy" / "manifest.json").read_text())
    assert (manifest["trees"], manifest["random_seed"]) == (7, 3)
    own = experiments / "small" / "index" / "tracks.annoy"
    assert (tmp_path / "near.annoy" / "tracks.annoy").read_bytes() == own.read_bytes()


@pytest.mark.parametrize("format", sorted(exporters.FORMATS))
def test_a_full_disk_is_one_line_and_leaves_what_was_there(full_disk: None, tmp_path: Path, format: str) -> None:
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
