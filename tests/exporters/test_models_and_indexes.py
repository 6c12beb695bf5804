"""Exported models and indexes run in their own libraries."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import skipgramophone as package
from skipgramophone import exporters
from skipgramophone.errors import SettingError
from tests.exporters.track_vectors import HOSTILE_NAMES, vectors_of

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")  # of Keras itself


def test_annoy_reads_its_index(tmp_path: Path) -> None:
    from annoy import AnnoyIndex

    names = [f"{name}{at}" for at in range(5) for name in HOSTILE_NAMES]
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


def test_annoy_export_uses_the_index_settings_of_the_experiment(experiments: Path, tmp_path: Path) -> None:
    names = np.array([f"a - {at}" for at in range(50)])
    np.savez(tmp_path / "v.npz", vectors=np.random.default_rng(1).standard_normal((50, 4)), tracks=names)
    chosen = package.IndexSettings(trees=7, random_seed=3)
    package.import_vectors("small", tmp_path / "v.npz", index_settings=chosen)
    package.export("small", tmp_path / "near.annoy")
    manifest = json.loads((tmp_path / "near.annoy" / "manifest.json").read_text())
    assert (manifest["trees"], manifest["random_seed"]) == (7, 3)
    own = experiments / "small" / "index" / "tracks.annoy"
    assert (tmp_path / "near.annoy" / "tracks.annoy").read_bytes() == own.read_bytes()


def test_faiss_reads_its_index(sample_root: Path, tmp_path: Path) -> None:
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


def test_saved_model_serves_vectors_and_nearest_tracks(tmp_path: Path) -> None:
    import tensorflow as tf

    vectors = vectors_of([*HOSTILE_NAMES, "twice", "twice"])
    tracks = [replace(track, title="same") if track.artist == "twice" else track for track in vectors.tracks]
    centre = np.random.default_rng(3).standard_normal(vectors.centre.shape).astype(np.float32)
    exporters.write(tmp_path / "served", "savedmodel", replace(vectors, tracks=tracks, centre=centre))
    lines = (tmp_path / "served" / "names.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert [json.loads(line)["title"] for line in lines] == [track.title for track in tracks]
    served = tf.saved_model.load(str(tmp_path / "served"))
    given = served.signatures["vectors"](ids=tf.constant([2, 0], tf.int64))["vectors"].numpy()
    np.testing.assert_array_equal(given, centre[[2, 0]])

    def nearest(names: list[str], number: int) -> tuple[Any, ...]:
        answer = served.signatures["nearest"](names=tf.constant(names), number=tf.constant(number))
        return tuple(answer[part].numpy() for part in ("ids", "names", "similarities"))

    unit = centre / np.linalg.norm(centre, axis=1, keepdims=True)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -2)
    asked = [3, 12, len(tracks) - 2]
    ids, names, similarities = nearest([tracks[at].name for at in asked], 4)
    np.testing.assert_array_equal(ids, np.argsort(-similarity[asked], axis=1)[:, :4])
    np.testing.assert_allclose(similarities, np.sort(similarity[asked], axis=1)[:, :-5:-1], atol=1e-6)
    assert [name.decode() for name in names[0]] == [tracks[at].name for at in ids[0]]
    by_uri, _, _ = nearest(["x:12", "unknown - track"], 100)
    np.testing.assert_array_equal(by_uri[0], np.argsort(-similarity[12])[:-1])
    assert set(by_uri[1].tolist()) == {-1}


def test_keras_model_has_an_embedding_layer(tmp_path: Path) -> None:
    import keras

    vectors = vectors_of(HOSTILE_NAMES)
    killed = tmp_path / ".out.keras.4194305.scratch"  # left by a process that no longer runs
    killed.mkdir()
    (killed / "tracks.keras").write_bytes(b"half")
    exporters.write(tmp_path / "out.keras", "keras", vectors)
    model = keras.saving.load_model(tmp_path / "out.keras")
    np.testing.assert_array_equal(model.predict(np.array([[5, 0]]), verbose=0), vectors.centre[None, [5, 0]])
    assert model.get_layer("tracks").input_dim == len(HOSTILE_NAMES)
    lines = (tmp_path / "out.keras.names.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert [json.loads(line)["artist"] for line in lines] == HOSTILE_NAMES
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"out.keras", "out.keras.names.jsonl", "out.keras.manifest.json"}


def test_onnx_runtime_runs_the_model(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="ONNX is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    vectors = vectors_of(HOSTILE_NAMES)
    exporters.write(tmp_path / "out.onnx", "onnx", vectors)
    session = runtime.InferenceSession(tmp_path / "out.onnx", providers=["CPUExecutionProvider"])
    (given,) = session.run(["vectors"], {"ids": np.array([5, 0])})
    np.testing.assert_array_equal(given, vectors.centre[[5, 0]])
    lines = (tmp_path / "out.onnx.names.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert [json.loads(line)["artist"] for line in lines] == HOSTILE_NAMES


@pytest.mark.parametrize(
    ("module", "called", "extra"),
    [("safetensors", "safetensors", "formats"), ("faiss", "FAISS", "faiss"), ("onnx", "ONNX", "onnx")],
)
def test_missing_library_is_an_error_that_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, called: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SettingError, match=rf"{called} is not installed: pip install 'skipgramophone\[{extra}\]'"):
        exporters.write(tmp_path / "out", module, vectors_of(["a"]))
    assert not list(tmp_path.iterdir())
