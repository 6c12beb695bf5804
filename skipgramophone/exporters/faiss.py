"""Export as a FAISS HNSW graph. Vectors are scaled to length 1, so the inner product is the cosine.

Item i of the graph is line i of the names file, counted from 0. efSearch (the search width) is doubled until the recall
reaches a minimum, which is taken from the settings of the experiment's Annoy index. The file contains the resulting
efSearch.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from skipgramophone.errors import SettingError, StorageError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.embeddings import unit_rows
from skipgramophone.experiment.new_files import write_new_bytes
from skipgramophone.exporters.vectors import TrackVectors
from skipgramophone.lookup.annoy_index import RECALL_AT
from skipgramophone.lookup.index_recall import recall_of_search

LINKS = 32  # links per item in the graph (M)
# Number of candidates per item (efConstruction), and initial number of candidates per query (efSearch).
BUILD_WIDTH, LEAST_WIDTH = 80, 16


def write(path: Path, vectors: TrackVectors) -> dict[str, Any]:
    """Build the graph, raise efSearch until the recall is reached, write the graph and verify it.

    Raises:
        SettingError: FAISS is not installed.
        StorageError: the written file differs from the graph when it is read back.
    """
    faiss = _faiss()
    units = unit_rows(np.asarray(vectors.single()[1], np.float32))
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # with several threads, the same vectors would not always give the same file
    try:
        index = faiss.IndexHNSWFlat(units.shape[1], LINKS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = BUILD_WIDTH
        index.add(units)
    finally:
        faiss.omp_set_num_threads(threads)

    def search(queries: Rows) -> list[Rows]:
        _, found = index.search(units[queries], RECALL_AT + 1)
        return [near[(near >= 0) & (near != query)][:RECALL_AT] for query, near in zip(queries, found, strict=True)]

    index.hnsw.efSearch = LEAST_WIDTH
    recall = recall_of_search(search, units, vectors.index.random_seed)
    while recall < vectors.index.recall and index.hnsw.efSearch < len(units):
        index.hnsw.efSearch *= 2
        recall = recall_of_search(search, units, vectors.index.random_seed)
    # Unlike write_index, this raises OSError on a full disk.
    write_new_bytes(path, faiss.serialize_index(index).tobytes())
    read = faiss.deserialize_index(np.fromfile(path, np.uint8))
    if read.hnsw.efSearch != index.hnsw.efSearch or not np.array_equal(read.reconstruct_n(0, read.ntotal), units):
        raise StorageError(f"verification of {path} failed: it differs from the exported data; export again")
    return {"metric": "inner product", "ef_search": index.hnsw.efSearch, "recall_at_10": recall}


def _faiss() -> Any:
    """Import FAISS, which is an optional dependency."""
    try:
        with warnings.catch_warnings():  # the library warns while it loads
            warnings.simplefilter("ignore")
            import faiss
    except ImportError as error:
        raise SettingError("FAISS is not installed: pip install 'skipgramophone[faiss]'") from error
    return faiss
