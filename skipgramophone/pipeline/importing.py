"""Vectors from elsewhere become a model: over the tracks of a corpus, or with a corpus made from their names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import SourceError
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.experiment import Experiment
from skipgramophone.experiment.playlist_table import PLAYLISTS
from skipgramophone.experiment.postings import postings
from skipgramophone.importers.matching import Matching, match
from skipgramophone.importers.vectors import NamedVectors

UNUSED = "unused.jsonl"


def write_names(directory: Path, vectors: NamedVectors) -> NamedVectors:
    """Write a corpus of the names that vectors go by and of no playlists; the vectors are returned in row order."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from skipgramophone.experiment.catalogue_writer import TRACKS, write_catalogue

    counts = np.zeros(len(vectors), np.int64) if vectors.count is None else vectors.count
    order = np.argsort(-counts, kind="stable")
    ordered = _taken(vectors, order)
    known = (ordered.artist, ordered.title, ordered.uri, counts[order], range(1, len(vectors) + 1))
    columns = zip(TRACKS.items(), known, strict=True)
    write_catalogue(directory, pa.table({name: pa.array(column, kind) for (name, kind), column in columns}))
    corpus = Corpus(np.empty(0, np.int32), np.zeros(1, np.int64))
    corpus.write(directory)
    postings(corpus, len(vectors)).write(directory)
    nobody = pa.array([], pa.string())
    pq.write_table(pa.table({"owner": nobody, "name": nobody, "key": nobody}), directory / PLAYLISTS)
    return ordered


def match_catalogue(
    experiment: Experiment, vectors: NamedVectors, source: Path, in_order: bool
) -> tuple[Matching, int]:
    """Match vectors with the catalogue of an experiment, and say how many tracks that has.

    Args:
        experiment: one with a corpus.
        vectors: what was read.
        source: where it was read from.
        in_order: vector i is of row i, because the catalogue was made from the vectors.

    Raises:
        SourceError: none of the vectors is of a track of the catalogue.
    """
    catalogue = Catalogue(experiment.directory("corpus"))
    try:
        if in_order:
            return Matching(np.arange(len(vectors)), {}, 0, 0), len(catalogue)
        matching = match(vectors, catalogue)
        if len(matching.unused) == len(vectors):
            raise SourceError(
                f"none of the {len(vectors):,} vectors of {source} is of a track of '{experiment.name}': the first is "
                f"called {vectors.name(0)!r}, the first track {catalogue.track(0).name!r}; a vector must have the uri "
                "of a track, or its artist and title"
            )
        return matching, len(catalogue)
    finally:
        catalogue.close()


def unused_records(vectors: NamedVectors, matching: Matching) -> list[dict[str, Any]]:
    """The vectors that found no track, a record each."""
    return [
        {"vector": at + 1, "artist": vectors.artist[at], "title": vectors.title[at], "uri": vectors.uri[at]}
        | {"reason": reason}
        for at, reason in sorted(matching.unused.items())
    ]


def _taken(vectors: NamedVectors, order: npt.NDArray[np.int64]) -> NamedVectors:
    """Vectors in another order."""
    return replace(
        vectors,
        artist=[vectors.artist[at] for at in order],
        title=[vectors.title[at] for at in order],
        uri=[vectors.uri[at] for at in order],
        count=None if vectors.count is None else vectors.count[order],
        centre=vectors.centre[order],
        context=None if vectors.context is None else vectors.context[order],
        context_bias=None if vectors.context_bias is None else vectors.context_bias[order],
    )
