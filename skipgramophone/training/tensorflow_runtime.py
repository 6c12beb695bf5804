"""Imports TensorFlow only when it is needed, and sends its messages to a log file instead of the terminal."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.crash_guard import stderr_to
from skipgramophone.errors import SettingError
from skipgramophone.settings import Device


def require_tensorflow() -> None:
    """Verify that TensorFlow is installed; look-ups work without it, so it may be missing.

    Raises:
        SettingError: it is not installed.
    """
    if find_spec("tensorflow") is None:
        raise SettingError("TensorFlow is not installed: pip install tensorflow")


def load_tensorflow(log: Path) -> Any:
    """Import TensorFlow, with one thread per core in each of its two thread pools.

    The trainer runs one compiled program per core. With fewer threads in the pools, these programs would wait for each
    other. The results do not depend on the number of threads.

    Args:
        log: file to which the output of TensorFlow on stderr is appended.

    Raises:
        SettingError: TensorFlow is not installed.
    """
    require_tensorflow()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with stderr_to(log):
        with _without_keras(), _without_keras_files(), _without_garbage_collection():
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


def load_keras(log: Path) -> Any:
    """Import TensorFlow and Keras.

    Args:
        log: file to which the output of TensorFlow on stderr is appended.
    """
    tf = load_tensorflow(log)
    with _without_keras_files():
        _ = tf.keras.layers  # the first access imports Keras
        return tf.keras


@contextlib.contextmanager
def _without_keras_files() -> Iterator[None]:
    """Prevent Keras, which is part of TensorFlow, from reading or writing its configuration file at import.

    Without a home directory, Keras would write to a directory called "~". If the home directory is not writable, Keras
    would read from /tmp/.keras, which another user may have prepared.
    """
    if "KERAS_HOME" in os.environ:
        yield
        return
    os.environ["KERAS_HOME"] = os.path.join(os.devnull, "keras")  # noqa: PTH118 (cannot exist)
    try:
        yield
    finally:
        del os.environ["KERAS_HOME"]


@contextlib.contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Do not search for unreachable objects inside the `with` block.

    The import of TensorFlow makes 400,000 objects that the garbage collector tracks, and nearly all of them stay.
    Freezing and unfreezing them moves them to the oldest generation, which is rarely searched. Training therefore
    starts about half a second earlier.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
        gc.freeze()
        gc.unfreeze()
    finally:
        gc.enable()


@contextlib.contextmanager
def _without_keras() -> Iterator[None]:
    """Let TensorFlow be imported without Keras, which would take nearly half of the import time.

    Keras imports pandas, SciPy, scikit-learn and Matplotlib where they are installed. TensorFlow continues if the
    import of Keras fails, and tries again when `tensorflow.keras` is used for the first time.
    """
    finder = _KerasLater()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _KerasLater(MetaPathFinder, Loader):
    """Finds the package Keras, because TensorFlow needs its location, but does not import it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the location of Keras, with this object as loader; return None for other packages."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname == "keras" else None
        if spec:
            spec.loader = self
        return spec

    def exec_module(self, module: ModuleType) -> None:
        """Refuse to import Keras.

        Raises:
            ImportError: always.
        """
        raise ImportError(f"{module.__name__} is imported later")


def read_rows(variable: Any, rows: slice) -> npt.NDArray[np.float32]:
    """Return a copy of some rows of a variable.

    Reading the variable itself would copy all rows, because `assign_rows` tells TensorFlow that rows can change.
    """
    from tensorflow import raw_ops

    found = raw_ops.ResourceGather(resource=variable.handle, indices=_row_numbers(variable, rows), dtype=np.float32)
    return np.asarray(found)


def assign_rows(variable: Any, rows: slice, values: npt.NDArray[np.float32]) -> None:
    """Replace some rows of a variable, without reading the old rows."""
    from tensorflow import raw_ops

    # `variable[rows].assign(values)` would read the old rows first, and take three times as long.
    raw_ops.ResourceScatterUpdate(resource=variable.handle, indices=_row_numbers(variable, rows), updates=values)


def _row_numbers(variable: Any, rows: slice) -> npt.NDArray[np.int32]:
    """Return the numbers of the rows in a slice of a variable."""
    return np.arange(*rows.indices(variable.shape[0]), dtype=np.int32)


def device_for(tf: Any, device: Device) -> Callable[[], Any]:
    """Return a function that makes a context manager, inside which TensorFlow uses the device.

    Raises:
        SettingError: the device is a GPU, and TensorFlow finds none.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if device == "gpu" and not gpus:
        raise SettingError.naming(
            lambda named: f"TensorFlow finds no GPU: leave out {named('device')}, or install tensorflow[and-cuda]"
        )
    place = "/GPU:0" if gpus and device != "cpu" else "/CPU:0"
    return lambda: tf.device(place)
