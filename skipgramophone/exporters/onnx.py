"""Export as an ONNX model that maps "ids" int64 (n,) to "vectors" float32 (n, dim).

Id i is line i of the names file, counted from 0.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from skipgramophone.errors import SettingError, StorageError
from skipgramophone.experiment.new_files import write_new_bytes
from skipgramophone.exporters.vectors import TrackVectors, require_same

# Old versions of the operator set and of the format, so that common runtimes can load the file.
OPSET, IR_VERSION = 17, 8
# Maximum size of the vectors. The whole file, which also contains the graph, must be smaller than 2 ** 31 bytes
# (2.15 GB), because it is in the format of Protocol Buffers.
MOST_BYTES = 2_000_000_000


def write(path: Path, vectors: TrackVectors) -> None:
    """Write the model, read it back and verify it.

    Raises:
        SettingError: the package onnx is not installed.
        StorageError: there are too many vectors for the format.
    """
    onnx = _onnx()
    matrix, rows = vectors.single()
    if rows.nbytes > MOST_BYTES:
        problem = (
            f"cannot write {path}: an ONNX export can contain at most {MOST_BYTES / 1e9:g} GB of vectors, and these "
            f"need {rows.nbytes / 1e9:.1f} GB"
        )
        raise StorageError.naming(
            lambda named: f"{problem}; export fewer tracks with {named('top')}, or choose another format"
        )
    helper, kinds = onnx.helper, onnx.TensorProto
    graph = helper.make_graph(
        nodes=[helper.make_node("Gather", [matrix, "ids"], ["vectors"])],
        name="tracks",
        inputs=[helper.make_tensor_value_info("ids", kinds.INT64, ["number"])],
        outputs=[helper.make_tensor_value_info("vectors", kinds.FLOAT, ["number", rows.shape[1]])],
        initializer=[onnx.numpy_helper.from_array(np.ascontiguousarray(rows, np.float32), matrix)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    write_new_bytes(path, model.SerializeToString())
    read = onnx.load_model(path, format="protobuf")
    onnx.checker.check_model(read)
    require_same(path, {}, {matrix: onnx.numpy_helper.to_array(read.graph.initializer[0])}, vectors)


def _onnx() -> Any:
    """Import ONNX, which is an optional dependency."""
    try:
        import onnx
    except ImportError as error:
        raise SettingError("ONNX is not installed: pip install 'skipgramophone[onnx]'") from error
    return onnx
