"""Imports TensorFlow only when it is needed, and sends its messages to a log file instead of the terminal."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from skipgramophone.crash_guard import stderr_to
from skipgramophone.errors import SettingError
from skipgramophone.settings import Device


def load_tensorflow(log: Path) -> Any:
    """Import TensorFlow, with one thread per core in each of its two thread pools.

    The trainer runs one compiled program per core. With fewer threads in the pools, these programs would wait for each
    other. The results do not depend on the number of threads.

    Args:
        log: file to which the output of TensorFlow on stderr is appended.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with stderr_to(log), _without_keras_files():
        import tensorflow as tf

        # A process that has already used TensorFlow cannot change its number of threads.
        with contextlib.suppress(RuntimeError):
            cores = max(2, os.cpu_count() or 2)
            tf.config.threading.set_intra_op_parallelism_threads(cores)
            tf.config.threading.set_inter_op_parallelism_threads(cores)
        tf.constant(0)
        # The Python code of TensorFlow uses logging, for example to warn when a program is compiled again.
        tf.get_logger().setLevel("ERROR")
    return tf


@contextlib.contextmanager
def _without_keras_files() -> Iterator[None]:
    """Keep Keras, while it is imported, from reading or writing its configuration file.

    Without a home directory it writes to a directory called "~", and without a writable one it reads from /tmp/.keras,
    which another user may have prepared.
    """
    if "KERAS_HOME" in os.environ:
        yield
        return
    os.environ["KERAS_HOME"] = os.path.join(os.devnull, "keras")  # noqa: PTH118 (cannot exist)
    try:
        yield
    finally:
        del os.environ["KERAS_HOME"]


def device_for(tf: Any, device: Device) -> Callable[[], Any]:
    """Return a function that makes a context manager, inside which TensorFlow uses the device.

    Raises:
        SettingError: the device is a GPU, and TensorFlow finds none.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if device == "gpu" and not gpus:
        raise SettingError("TensorFlow finds no GPU: leave out --device, or install tensorflow[and-cuda]")
    place = "/GPU:0" if gpus and device != "cpu" else "/CPU:0"
    return lambda: tf.device(place)
