"""Training metrics in the file format of TensorBoard."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from skipgramophone.training.trainer import Progress

SECONDS = 5.0  # minimum time between two records of an epoch


class Scalars:
    """Writes loss, held-out loss, learning rate and speed as functions of the number of trained tracks.

    Writing does not require TensorBoard to be installed.
    """

    def __init__(self, tf: Any, directory: Path) -> None:
        self._tf = tf
        self._writer = tf.summary.create_file_writer(os.fsencode(directory))
        # TensorBoard shows only data that is marked as belonging to one of its plug-ins.
        self._metadata = tf.compat.v1.SummaryMetadata(plugin_data={"plugin_name": "scalars"})
        self._done = 0  # number of tracks trained in earlier epochs
        self._last, self._last_tracks = time.monotonic(), 0

    def write(self, at: Progress, learning_rate: float) -> None:
        """Write a record at the end of an epoch, or if the last record is at least `SECONDS` old."""
        now = time.monotonic()
        if not at.epoch_done and now - self._last < SECONDS:
            return
        tracks = self._done + at.tokens
        values = {
            "loss": at.loss,
            "learning_rate": learning_rate,
            "tracks_per_second": (tracks - self._last_tracks) / max(now - self._last, 1e-9),
            "epoch": float(at.epoch),
        }
        if at.held_out_loss is not None:
            values["held_out_loss"] = at.held_out_loss
        with self._writer.as_default(step=tracks):
            for name, value in values.items():
                self._tf.summary.write(name, self._tf.constant(value, self._tf.float32), metadata=self._metadata)
        self._writer.flush()
        self._last, self._last_tracks = now, tracks
        if at.epoch_done:
            self._done = tracks
