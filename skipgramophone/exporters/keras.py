"""Export as a Keras model with one embedding layer, "tracks". Id i is line i of the names file, counted from 0."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from skipgramophone.experiment.publishing import scratch_directory
from skipgramophone.exporters.vectors import TrackVectors, require_same
from skipgramophone.training.tensorflow_runtime import load_keras

LAYER = "tracks"


def write(path: Path, vectors: TrackVectors) -> None:
    """Write vectors to a Keras model, load it and compare its embedding layer with the vectors."""
    matrix, rows = vectors.single()
    keras = load_keras(Path(os.devnull))
    layer = keras.layers.Embedding(*rows.shape, name=LAYER)
    model = keras.Sequential([keras.Input((None,), dtype="int32", name="ids"), layer])
    layer.set_weights([np.asarray(rows, np.float32)])
    with scratch_directory(path) as scratch:
        place = scratch / "tracks.keras"  # Keras requires this suffix, and `path` is a draft with another suffix
        model.save(place)
        found = keras.models.load_model(place).get_layer(LAYER).get_weights()[0]
        require_same(path, {}, {matrix: found}, vectors)
        place.replace(path)
