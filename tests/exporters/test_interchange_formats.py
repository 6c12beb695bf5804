"""Exported tables, arrays and word2vec files are read back with the tools that they are for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skipgramophone import exporters
from skipgramophone.errors import ExperimentError
from skipgramophone.word2vec_format import unescape
from tests.exporters.track_vectors import HOSTILE_NAMES, read_texts, vectors_of


def test_npz_contains_plain_arrays(tmp_path: Path) -> None:
    vectors = vectors_of(HOSTILE_NAMES)
    exporters.write(tmp_path / "out.npz", "npz", vectors)
    with np.load(tmp_path / "out.npz", allow_pickle=False) as read:
        texts = [f"{name}_{part}" for name in ("artist", "title", "uri") for part in ("offsets", "utf8")]
        assert sorted(read.files) == sorted(["centre", "context", "context_bias", "count", *texts])
        assert read["centre"].dtype == read["context"].dtype == np.float32
        assert read["centre"].tobytes() == vectors.centre.tobytes()
        assert read["context"].tobytes() == vectors.context.tobytes()
        assert read["context_bias"].tobytes() == vectors.context_bias.tobytes()
        assert read_texts(read, "artist") == HOSTILE_NAMES
        assert read_texts(read, "title") == HOSTILE_NAMES[::-1]
        assert read_texts(read, "uri") == [track.uri or "" for track in vectors.tracks]
        assert read["count"].tolist() == [track.count for track in vectors.tracks]


def test_pandas_reads_csv(tmp_path: Path) -> None:
    vectors = vectors_of(HOSTILE_NAMES)
    exporters.write(tmp_path / "out.csv", "csv", vectors)
    read = pd.read_csv(tmp_path / "out.csv", keep_default_na=False, dtype={"artist": str, "title": str, "uri": str})
    assert list(read.columns) == ["position", "artist", "title", "uri", "count", "centre_0", "centre_1", "centre_2"]
    # pandas reads "\r" inside a quoted field as "\n" in places; all other characters are unchanged.
    assert [name.replace("\r", "\n") for name in read["artist"]] == [name.replace("\r", "\n") for name in HOSTILE_NAMES]
    assert read["position"].tolist() == list(range(1, len(HOSTILE_NAMES) + 1))
    assert read["uri"].tolist() == [track.uri or "" for track in vectors.tracks]
    assert read["count"].tolist() == [track.count for track in vectors.tracks]
    np.testing.assert_array_equal(read[["centre_0", "centre_1", "centre_2"]].to_numpy(np.float32), vectors.centre)


def test_pandas_reads_tsv(tmp_path: Path) -> None:
    vectors = vectors_of(HOSTILE_NAMES)
    exporters.write(tmp_path / "out.tsv", "tsv", vectors)
    text = {"artist": str, "title": str, "uri": str}
    read = pd.read_csv(tmp_path / "out.tsv", sep="\t", keep_default_na=False, dtype=text)
    assert [name.replace("\r", "\n") for name in read["title"]] == [
        name.replace("\r", "\n") for name in HOSTILE_NAMES[::-1]
    ]
    np.testing.assert_array_equal(read[["centre_0", "centre_1", "centre_2"]].to_numpy(np.float32), vectors.centre)


def test_pyarrow_reads_parquet(tmp_path: Path) -> None:
    vectors = vectors_of(HOSTILE_NAMES)
    exporters.write(tmp_path / "out.parquet", "parquet", vectors)
    read = pq.read_table(tmp_path / "out.parquet")
    assert read.schema.field("centre").type == pa.list_(pa.float32(), 3)
    assert read["artist"].to_pylist() == HOSTILE_NAMES
    assert read["uri"].to_pylist() == [track.uri for track in vectors.tracks]
    assert read["count"].to_pylist() == [track.count for track in vectors.tracks]
    assert read["position"].to_pylist() == [track.position for track in vectors.tracks]
    np.testing.assert_array_equal(np.array(read["centre"].to_pylist(), np.float32), vectors.centre)
    np.testing.assert_array_equal(np.array(read["context"].to_pylist(), np.float32), vectors.context)


def test_pandas_reads_jsonl(tmp_path: Path) -> None:
    vectors = vectors_of(HOSTILE_NAMES)
    exporters.write(tmp_path / "out.jsonl", "jsonl", vectors)
    read = pd.read_json(tmp_path / "out.jsonl", lines=True, dtype=False, precise_float=True)
    assert list(read["artist"]) == HOSTILE_NAMES
    assert [uri if isinstance(uri, str) else None for uri in read["uri"]] == [track.uri for track in vectors.tracks]
    assert list(read["count"]) == [track.count for track in vectors.tracks]
    np.testing.assert_array_equal(np.array(read["centre"].tolist()).astype(np.float32), vectors.centre)


@pytest.mark.parametrize("format", ["word2vec", "word2vec-binary"])
def test_gensim_reads_word2vec(tmp_path: Path, format: str) -> None:
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    vectors = vectors_of([*HOSTILE_NAMES, "twice", "twice"][::-1])
    tracks = [replace(track, title="same") if track.artist == "twice" else track for track in vectors.tracks]
    vectors = replace(vectors, tracks=tracks)
    place = tmp_path / "out.vec"
    size = exporters.write(place, format, vectors)
    read = models.KeyedVectors.load_word2vec_format(str(place), binary=format == "word2vec-binary")
    np.testing.assert_array_equal(read.vectors, vectors.centre)
    assert [unescape(key) for key in read.index_to_key] == [track.name for track in tracks]
    assert read.index_to_key[:2] == ["twice%20-%20same", "twice%20-%20same%232"]
    names_path = tmp_path / "out.vec.names.jsonl"
    known = [json.loads(line) for line in names_path.read_text(encoding="utf-8").split("\n")[:-1]]
    assert [record["key"] for record in known] == read.index_to_key
    assert [record["artist"] for record in known] == [track.artist for track in tracks]
    assert size == sum(path.stat().st_size for path in tmp_path.iterdir())
    place.unlink()
    with pytest.raises(
        ExperimentError,
        match=r"out\.vec\.names\.jsonl already exists: choose another path, or replace it with force=True",
    ):
        exporters.write(place, format, vectors)
    assert not place.exists()


def test_safetensors_reads_its_format(tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors", reason="safetensors is not installed")
    vectors = vectors_of(HOSTILE_NAMES)
    exporters.write(tmp_path / "out.safetensors", "safetensors", vectors)
    with library.safe_open(tmp_path / "out.safetensors", framework="numpy") as read:
        assert sorted(read.keys()) == ["centre", "context", "context_bias"]
        for name in ("centre", "context", "context_bias"):
            np.testing.assert_array_equal(read.get_tensor(name), getattr(vectors, name))
        assert json.loads(read.metadata()["artist"]) == HOSTILE_NAMES


def test_projector_reads_points_and_labels(tmp_path: Path) -> None:
    vectors = vectors_of(HOSTILE_NAMES)
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
    # Split like the Projector's own script: lines at \n, fields at tabs; the first line has the column names.
    points = (tmp_path / "shown" / described.tensor_path).read_bytes().decode().split("\n")
    labels = (tmp_path / "shown" / described.metadata_path).read_bytes().decode().split("\n")
    assert points.pop() == labels.pop() == ""
    np.testing.assert_array_equal(np.array([line.split("\t") for line in points], np.float32), vectors.centre)
    head, *rows = [line.split("\t") for line in labels]
    assert head == ["name", "position", "artist", "title", "uri", "count"]
    assert [json.loads('"' + row[2].replace('"', '\\"') + '"') for row in rows] == HOSTILE_NAMES
    assert rows[HOSTILE_NAMES.index("<script>alert(1)</script>")][2] == "<script>alert(1)</script>"


def test_large_projector_export_has_frequent_tracks_and_a_sample_of_the_rest() -> None:
    assert list(exporters.rows_to_write("npz", 250_000)) == list(range(250_000))
    rows = np.array(exporters.rows_to_write("projector", 250_000))
    assert len(np.unique(rows)) == len(rows) == 100_000
    np.testing.assert_array_equal(rows[:50_000], np.arange(50_000))
    assert rows[-1] == 249_999
    assert set(np.diff(rows[50_000:]).tolist()) <= {3, 4, 5}  # 4 on average
