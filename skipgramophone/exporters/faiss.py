"""FAISS: an HNSW graph over the exported vectors at length 1, so that its inner product is the similarity.

Item i is line i of the names beside it. The file says how wide to search: so wide that it finds what the experiment's
own index was asked to find.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from skipgramophone.errors import SettingError, StorageError
from skipgramophone.experiment.embeddings import unit_rows
from skipgramophone.exporters.vectors import TrackVectors
from skipgramophone.lookup.annoy_index import RECALL_AT
from skipgramophone.lookup.exact_search import Rows
from skipgramophone.lookup.index_recall import recall_of_search

LINKS = 32  # of each item
BUILD_WIDTH, LEAST_WIDTH = 80, 16  # candidates that are looked at for an item, and for a query


def write(path: Path, vectors: TrackVectors) -> dict[str, Any]:
    """Build the graph, search it ever wider until the recall is reached, write it and read it back.

    Raises:
        SettingError: FAISS is not installed.
    """
    faiss = _faiss()
    units = unit_rows(np.asarray(vectors.single()[1], np.float32))
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # so that the same vectors make the same file
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
    path.write_bytes(faiss.serialize_index(index).tobytes())  # a full disk is an error of Python's here
    read = faiss.read_index(str(path))
    if read.hnsw.efSearch != index.hnsw.efSearch or not np.array_equal(read.reconstruct_n(0, read.ntotal), units):
        raise StorageError(f"{path} does not read back as written")
    return {"metric": "inner product", "ef_search": index.hnsw.efSearch, "recall_at_10": recall}


def _faiss() -> Any:
    """The library, which is an extra."""
    try:
        with warnings.catch_warnings():  # of its own making, as it loads
            warnings.simplefilter("ignore")
            import faiss
    except ImportError as error:
        raise SettingError("FAISS is not installed: pip install 'skipgramophone[faiss]'") from error
    return faiss
