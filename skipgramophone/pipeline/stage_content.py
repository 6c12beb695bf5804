"""Verifies the content of a stage, and that stages match each other.

A file may have been damaged before its checksum was computed, so a matching checksum is not enough.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np

from skipgramophone.errors import ExperimentError, storage_errors
from skipgramophone.experiment.arrays import read_array
from skipgramophone.experiment.catalogue import FILE as CATALOGUE_FILE
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.corpus import HELD_OUT_PREFIX, REJECTS, read_corpus, read_held_out_corpus
from skipgramophone.experiment.embeddings import ACCUMULATORS, CENTRE_MEAN, read_embeddings
from skipgramophone.experiment.experiment import Experiment
from skipgramophone.experiment.file_names import HISTORY
from skipgramophone.experiment.imported import has_corpus_of_names
from skipgramophone.experiment.manifest import Manifest
from skipgramophone.experiment.name_index_check import require_sound_name_index
from skipgramophone.experiment.next_commands import remake_command
from skipgramophone.experiment.playlist_table import read_playlist_table
from skipgramophone.experiment.postings import build_postings, read_postings
from skipgramophone.lookup.annoy_index import FILE as INDEX_FILE
from skipgramophone.lookup.annoy_index import usable
from skipgramophone.lookup.index_recall import measured_recall

# recall@10 may be lower by this much than when the index was built, because ties may be broken differently
LOST_RECALL = 0.02


def require_sound_content(experiment: Experiment, manifest: Manifest) -> None:
    """Verify the content of a stage whose files match its manifest.

    Raises:
        ExperimentError: the content is damaged.
        StorageError: a file cannot be read.
    """
    VERIFY[manifest.stage](experiment, manifest)


def _verify_corpus(experiment: Experiment, manifest: Manifest) -> None:
    """Verify that playlists, catalogue, postings and manifest match."""
    directory = experiment.directory("corpus")
    corpus = read_corpus(directory)
    with closing(Catalogue(directory)) as catalogue:
        catalogue.require_sound()
        require_sound_name_index(catalogue)
        counts, tracks = np.array(catalogue.counts(), np.int64), len(catalogue)
    aside = read_held_out_corpus(directory)
    for part, prefix in ((corpus, ""), *([(aside, HELD_OUT_PREFIX)] if aside else [])):
        if not part.has_valid_ids(tracks):
            raise ExperimentError(
                f"{directory} is damaged: unknown track id in a playlist; run sgp extract again with --force"
            )
        read_playlist_table(directory, len(part), prefix)
    if has_corpus_of_names(experiment):
        return
    if not np.array_equal(corpus.counts(tracks), counts):
        raise ExperimentError(
            f"{directory} is damaged: counts in {CATALOGUE_FILE} do not match the playlists; "
            "run sgp extract again with --force"
        )
    made, kept = build_postings(corpus, tracks), read_postings(directory, corpus, tracks)
    if not (np.array_equal(made.offsets, kept.offsets) and np.array_equal(made.playlists, kept.playlists)):
        raise ExperimentError(
            f"{directory} is damaged: the postings do not match the playlists; run sgp extract again with --force"
        )
    for what, held in (("playlists", len(corpus)), ("tracks", tracks), ("occurrences", corpus.occurrences)):
        if manifest.facts.get(what) != held:
            listed = manifest.facts.get(what)
            raise ExperimentError(
                f"{directory} is damaged: it has {held:,} {what}, but its manifest lists {listed}; "
                "run sgp extract again with --force"
            )
    _require_json_lines(directory / REJECTS)


def _verify_model(experiment: Experiment, _manifest: Manifest) -> None:
    """Verify that the vectors match the catalogue and are finite."""
    directory = experiment.directory("model")
    with closing(Catalogue(experiment.directory("corpus"))) as catalogue:
        embeddings = read_embeddings(directory, len(catalogue))
    if not embeddings.are_finite():
        raise ExperimentError(
            f"{directory} is damaged: vectors contain values that are not finite; run sgp train again with --force"
        )
    for name, dimensions in ((CENTRE_MEAN, 1), (ACCUMULATORS, 2)):
        path = directory / name
        if path.exists() and not np.isfinite(read_array(path, np.float32, dimensions)).all():
            raise ExperimentError(
                f"{path} is damaged: it contains values that are not finite; run sgp train again with --force"
            )
    if (directory / HISTORY).exists():
        _require_json_lines(directory / HISTORY)


def _verify_index(experiment: Experiment, manifest: Manifest) -> None:
    """Verify that the index reaches the recall@10 that was measured when it was built."""
    directory = experiment.directory("index")
    with closing(Catalogue(experiment.directory("corpus"))) as catalogue:
        centre = read_embeddings(experiment.directory("model"), len(catalogue)).centre
    facts = usable(manifest.facts, centre)
    if facts is None:
        raise ExperimentError(
            f"{directory} is damaged: it does not match the vectors; run {remake_command(experiment.name, manifest)}"
        )
    recall = measured_recall(directory / INDEX_FILE, centre, facts)
    if recall < facts.recall_at_10 - LOST_RECALL:
        raise ExperimentError(
            f"{directory} is damaged: recall@10 is {recall:.1%}, but was {facts.recall_at_10:.1%} when it was built; "
            f"run {remake_command(experiment.name, manifest)}"
        )


VERIFY: dict[str, Callable[[Experiment, Manifest], None]] = {
    "corpus": _verify_corpus,
    "model": _verify_model,
    "index": _verify_index,
}


def _require_json_lines(path: Path) -> None:
    """Verify that each line of a file is a JSON object."""
    with storage_errors(path, "read"), path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                whole = isinstance(json.loads(line), dict)
            except (ValueError, RecursionError):
                whole = False
            if not whole:
                raise ExperimentError(f"{path} is damaged: line {number} is not a JSON object")
