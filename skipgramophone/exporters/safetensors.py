"""Export as safetensors: centre, context and context_bias, with the names as JSON lists in the metadata."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from skipgramophone.errors import SettingError
from skipgramophone.experiment.new_files import write_new_bytes
from skipgramophone.exporters.vectors import ALL_MATRICES, TrackVectors, require_same


def write(path: Path, vectors: TrackVectors) -> None:
    """Write vectors to a safetensors file, read it back and compare it with the vectors.

    Raises:
        SettingError: the package safetensors is not installed.
    """
    try:
        from safetensors import safe_open
        from safetensors.numpy import save
    except ImportError as error:
        raise SettingError("safetensors is not installed: pip install 'skipgramophone[formats]'") from error
    columns = vectors.columns()
    names = {name: json.dumps(column, ensure_ascii=False) for name, column in columns.items()}
    # The library's own function for writing files is not used, because it does not raise OSError on a full disk.
    matrices = {name: np.ascontiguousarray(matrix) for name, matrix in vectors.matrices(*ALL_MATRICES).items()}
    write_new_bytes(path, save(matrices, metadata=names))
    with safe_open(path, framework="numpy") as read:
        found = {name: json.loads(read.metadata()[name]) for name in columns}
        require_same(path, found, {name: read.get_tensor(name) for name in matrices}, vectors)
