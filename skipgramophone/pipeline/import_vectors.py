"""Imports vectors that were trained elsewhere, and uses them as the model of an experiment."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import SourceError
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.experiment import Experiment
from skipgramophone.experiment.imported import IMPORTED, has_corpus_of_names
from skipgramophone.experiment.json_files import write_lines
from skipgramophone.experiment.new_experiment import new_experiment
from skipgramophone.experiment.playlist_table import write_playlist_table
from skipgramophone.experiment.postings import build_postings
from skipgramophone.experiment.publishing import file_sha256
from skipgramophone.importers.matching import Matching, match
from skipgramophone.importers.vectors import NamedVectors
from skipgramophone.pipeline.reports import ImportReport
from skipgramophone.pipeline.stages import package_versions, publish_index
from skipgramophone.settings import IndexSettings, check_arguments
from skipgramophone.training.run import unfinished_run
from skipgramophone.utf8 import printable_path
from skipgramophone.wording import plural

UNUSED = "unused.jsonl"  # file in the model stage with the imported vectors that match no track


@check_arguments()
def import_vectors(
    name: str,
    source: Path | str,
    format: str | None = None,
    index_settings: IndexSettings | None = None,
    *,
    force: bool = False,
    experiments_dir: Path | str | None = None,
) -> ImportReport:
    """Import vectors that were trained elsewhere, use them as the model of an experiment, and build the index.

    If the experiment has a corpus of playlists, each vector is matched to a track, either by uri, or by artist and
    title. Otherwise a corpus without playlists is made from the names of the vectors. Its tracks are in order of count,
    or in file order if the file has no counts.

    Args:
        name: name of the experiment.
        source: file to read.
        format: format of the file; None selects it by the suffix.
        index_settings: settings of the index.
        force: replace an existing model.
        experiments_dir: experiments directory; the default is $SGP_EXPERIMENTS or ./experiments.

    Raises:
        SettingError: the format is unknown.
        SourceError: the file cannot be read in this format, or none of its vectors matches a track of the corpus.
        ExperimentError: the experiment already has a model or an unfinished run, or its name is not valid.
        StorageError: the disk failed or is full.
    """
    from skipgramophone import importers  # imported here to start look-ups faster
    from skipgramophone.playlists.readers.file_version import same_version, version_of
    from skipgramophone.playlists.readers.source_files import STANDARD_INPUT, regular_file

    source = Path(source)
    chosen = importers.format_of(source, format)
    if source.is_dir() or not (source.exists() or source == STANDARD_INPUT):
        raise SourceError(f"{source} is not a file")
    with regular_file(source) as place, same_version(place, version := version_of(place), str(source)):
        vectors = importers.read(place, chosen)
        described = {"file": printable_path(Path(source.name)), "format": chosen} | {
            "bytes": version.size,
            "sha256": file_sha256(place),
        }
    with new_experiment(name, experiments_dir, "import") as experiment:
        experiment.require_new("model", force)
        made = not experiment.has("corpus") or has_corpus_of_names(experiment)
        if made:  # a corpus that an earlier import made is replaced too
            with experiment.publishing("corpus", {}) as draft:
                vectors = write_names(draft.path, vectors)
                draft.facts |= {IMPORTED: described, "tracks": len(vectors), "playlists": 0, "occurrences": 0}
        matching, tracks = match_catalogue(experiment, vectors, source, in_order=made)
        # If there is an unfinished run, raise an error; with `force`, discard the run.
        unfinished_run(experiment, experiment.manifest("corpus").digest, None, resume=False, force=force)
        placed = matching.place(vectors, tracks)
        facts: dict[str, Any] = {
            "tracks": tracks,
            "tracks_learnt": int(placed.learnt().sum()),
            "vectors": len(vectors),
            "unused": len(matching.unused),
            "by_uri": matching.by_uri,
            "namesakes": matching.namesakes,
            "has_context": vectors.context is not None,
        }
        with experiment.publishing("model", {}) as draft:
            placed.write(draft.path)
            write_lines(draft.path / UNUSED, unused_records(vectors, matching))
            draft.facts |= facts | {IMPORTED: described, "versions": package_versions("numpy")}
        index = publish_index(experiment, placed, index_settings or IndexSettings())
    return ImportReport(experiment=name, source=described, dim=placed.dim, corpus_of_names=made, index=index, **facts)


def write_names(directory: Path, vectors: NamedVectors) -> NamedVectors:
    """Write a catalogue of the names of vectors, without playlists; return the vectors in the order of its tracks."""
    import pyarrow as pa

    from skipgramophone.experiment.catalogue_writer import TRACKS, write_catalogue

    counts = np.zeros(len(vectors), np.int64) if vectors.count is None else vectors.count
    order = np.argsort(-counts, kind="stable")
    ordered = _reorder(vectors, order)
    known = (ordered.artist, ordered.title, ordered.uri, counts[order], range(1, len(vectors) + 1))
    columns = zip(TRACKS.items(), known, strict=True)
    write_catalogue(directory, pa.table({name: pa.array(column, kind) for (name, kind), column in columns}))
    corpus = Corpus(np.empty(0, np.int32), np.zeros(1, np.int64))
    corpus.write(directory)
    build_postings(corpus, len(vectors)).write(directory)
    nobody = pa.array([], pa.string())
    write_playlist_table(directory, pa.table({"owner": nobody, "name": nobody, "key": nobody}))
    return ordered


def match_catalogue(
    experiment: Experiment, vectors: NamedVectors, source: Path, in_order: bool
) -> tuple[Matching, int]:
    """Match vectors with the catalogue of an experiment; return the matches, and the number of tracks in the catalogue.

    Args:
        experiment: experiment with a corpus.
        vectors: the imported vectors.
        source: file of the vectors, for error messages.
        in_order: true if the catalogue was made from these vectors, so that vector i belongs to row i.

    Raises:
        SourceError: no vector matches a track of the catalogue.
    """
    with closing(Catalogue(experiment.directory("corpus"))) as catalogue:
        if in_order:
            return Matching(np.arange(len(vectors)), {}, 0, 0), len(catalogue)
        matching = match(vectors, catalogue)
        if len(matching.unused) == len(vectors):
            raise SourceError(
                f"{source} contains {plural(len(vectors), 'vector')}, but none matches a track of '{experiment.name}'. "
                "Vectors are matched by uri, or by artist and title. The first vector is called "
                f"{vectors.name(0)!r}; the first track is called {catalogue.track(0).name!r}"
            )
        return matching, len(catalogue)


def unused_records(vectors: NamedVectors, matching: Matching) -> list[dict[str, Any]]:
    """Return a record per vector that matches no track: its number (from 1), artist, title, uri, and the reason."""
    return [
        {"vector": at + 1, "artist": vectors.artist[at], "title": vectors.title[at], "uri": vectors.uri[at]}
        | {"reason": reason}
        for at, reason in sorted(matching.unused.items())
    ]


def _reorder(vectors: NamedVectors, order: npt.NDArray[np.int64]) -> NamedVectors:
    """Return vectors, with names and counts, in a new order: vector i of the result was vector `order[i]`."""
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
