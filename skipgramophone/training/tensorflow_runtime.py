"""TensorFlow, imported late and quietly: its chatter goes to a log file, not to the terminal."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from skipgramophone.crash_guard import stderr_to
from skipgramophone.errors import SettingError
from skipgramophone.settings import Device


def load_tensorflow(log: Path) -> Any:
    """Import TensorFlow with a thread a core in both of its pools.

    The trainer runs one program a core by itself; with fewer threads in the pools the programs wait for each other.
    What they compute does not depend on it.

    Args:
        log: the file that what TensorFlow writes to stderr is appended to.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with stderr_to(log):
        import tensorflow as tf

        # A process that has already used TensorFlow keeps the threads that it has.
        with contextlib.suppress(RuntimeError):
            cores = max(2, os.cpu_count() or 2)
            tf.config.threading.set_intra_op_parallelism_threads(cores)
            tf.config.threading.set_inter_op_parallelism_threads(cores)
        tf.constant(0)
        # Its Python half speaks through logging, for one when rows of another number want a program of their own.
        tf.get_logger().setLevel("ERROR")
    return tf


def device_for(tf: Any, device: Device) -> Callable[[], Any]:
    """A function that gives the context in which TensorFlow works on a device.

    Raises:
        SettingError: a GPU is asked for, and TensorFlow sees none.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if device == "gpu" and not gpus:
        raise SettingError("TensorFlow sees no GPU here: leave --device out, or install tensorflow[and-cuda]")
    place = "/GPU:0" if gpus and device != "cpu" else "/CPU:0"
    return lambda: tf.device(place)
