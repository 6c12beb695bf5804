"""Export as a TensorFlow SavedModel, a directory that serves vectors and nearest tracks without this package.

    vectors   ids int64 (n,)                          -> vectors float32 (n, embedding_dim)
    nearest   names string (n,), number int32 ()      -> names, similarities float32 and ids int64, (n, number) each

Id i is line i of names.jsonl, counted from 0. A name is a uri or "artist - title"; if several tracks have it, the most
frequent one is used. For an unknown name, all names are "", all similarities 0 and all ids -1. `number` is at most the
number of tracks minus 1, because a track is not a neighbour of itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import StorageError
from skipgramophone.experiment.embeddings import Matrix
from skipgramophone.exporters import jsonl
from skipgramophone.exporters.vectors import TrackVectors, require_same
from skipgramophone.training.tensorflow_runtime import load_tensorflow
from skipgramophone.utf8 import utf8_path

NAMES = "names.jsonl"
MOST_TEXT = 1 << 30  # maximum number of bytes of the names; the graph contains them and is limited to 2 GiB
BLOCK_ROWS = 65_536


def write(directory: Path, vectors: TrackVectors) -> None:
    """Write the model into a directory, load it and compare every vector and name.

    Raises:
        StorageError: the loaded model differs from the vectors or names, or the names are too large.
    """
    matrix, rows = vectors.single()
    names, keys = [track.name for track in vectors.tracks], _keys(vectors)
    size = sum(len(key.encode()) for key in keys)
    if size > MOST_TEXT:
        problem = (
            f"cannot write {directory}: a SavedModel is limited to {MOST_TEXT / 1e9:.1f} GB of names, and these need "
            f"{size / 1e9:.1f} GB"
        )
        raise StorageError.naming(
            lambda named: f"{problem}; export fewer tracks with {named('top')}, or choose another format"
        )
    tf = load_tensorflow(Path(os.devnull))
    try:
        with tf.device("/CPU:0"):  # TensorFlow supports strings on the CPU only
            module, signatures = _module(tf, np.asarray(rows, np.float32), names, keys)
        with utf8_path(directory) as place:
            tf.saved_model.save(module, place, signatures=signatures)
            loaded = tf.saved_model.load(place)
    except tf.errors.OpError as error:  # includes a full disk
        raise StorageError(f"cannot write {directory}: {error.message.rpartition('; ')[2]}") from error
    found = np.empty_like(rows)
    for start in range(0, len(rows), BLOCK_ROWS):
        ids = tf.range(start, min(start + BLOCK_ROWS, len(rows)), dtype=tf.int64)
        found[start : start + BLOCK_ROWS] = loaded.signatures["vectors"](ids=ids)["vectors"].numpy()
    require_same(directory, {}, {matrix: found}, vectors)
    if [name.decode() for name in loaded.names.numpy()] != names:
        raise StorageError(f"verification of {directory} failed: names differ from the exported data; export again")
    jsonl.write_names(directory / NAMES, vectors)


def _keys(vectors: TrackVectors) -> dict[str, int]:
    """Return a dict from name or uri to id. A name of several tracks is mapped to the most frequent of them."""
    keys: dict[str, int] = {}
    for at, track in enumerate(vectors.tracks):
        keys.setdefault(track.name, at)
    for at, track in enumerate(vectors.tracks):
        if track.uri:
            keys.setdefault(track.uri, at)
    return keys


def _bytes(texts: Iterable[str]) -> npt.NDArray[np.object_]:
    """Return texts as an array of bytes objects; a bytes array of NumPy would lose trailing zero bytes."""
    return np.array([text.encode() for text in texts], np.object_)


def _module(tf: Any, rows: Matrix, names: list[str], keys: dict[str, int]) -> tuple[Any, dict[str, Any]]:
    """Return the TensorFlow module to save, and its signatures by name."""
    module = tf.Module()
    module.rows = tf.Variable(rows, trainable=False)
    module.lengths = tf.Variable(tf.norm(module.rows, axis=1), trainable=False)
    module.names = tf.Variable(_bytes(names), trainable=False)
    pairs = tf.lookup.KeyValueTensorInitializer(_bytes(keys), list(keys.values()), tf.string, tf.int64)
    module.ids = tf.lookup.StaticHashTable(pairs, default_value=-1)

    def vectors(ids: Any) -> dict[str, Any]:
        return {"vectors": tf.gather(module.rows, ids)}

    def nearest(names: Any, number: Any) -> dict[str, Any]:
        asked = module.ids.lookup(names)
        known, own = asked[:, None] >= 0, tf.maximum(asked, 0)
        products = tf.linalg.matmul(tf.gather(module.rows, own), module.rows, transpose_b=True)
        cosine = tf.math.divide_no_nan(products, tf.gather(module.lengths, own)[:, None] * module.lengths)
        places = tf.stack([tf.range(tf.size(own, tf.int64)), own], axis=1)
        others = tf.tensor_scatter_nd_update(cosine, places, tf.fill(tf.shape(own), -np.inf))
        found = tf.math.top_k(others, tf.clip_by_value(number, 0, len(rows) - 1))
        return {
            "names": tf.where(known, tf.gather(module.names, found.indices), ""),
            "similarities": tf.where(known, found.values, 0.0),
            "ids": tf.where(known, tf.cast(found.indices, tf.int64), -1),
        }

    some = {name: tf.TensorSpec([None], kind, name) for name, kind in (("ids", tf.int64), ("names", tf.string))}
    number = tf.TensorSpec([], tf.int32, "number")
    return module, {
        "vectors": tf.function(vectors, input_signature=[some["ids"]]),
        "nearest": tf.function(nearest, input_signature=[some["names"], number]),
    }
