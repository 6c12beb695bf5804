"""The whole story in one file: extract, train, index, similar, export.

Each stage is a plain function: it opens the experiment, does its work, publishes the result as a whole, and returns
a report. Progress is told to a function that the caller gives; nothing here prints.
"""

from __future__ import annotations

import json
import platform
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skipgramophone import __version__
from skipgramophone.catalogue import Catalogue, write_catalogue
from skipgramophone.corpus import Corpus, read_corpus
from skipgramophone.embeddings import Embeddings, read_embeddings
from skipgramophone.errors import ExperimentError, SettingError, SourceError
from skipgramophone.experiment import Draft, Experiment, new_experiment, open_experiment
from skipgramophone.lookup import PLAYLISTS, Answer, open_lookup
from skipgramophone.neighbours import FILE as INDEX_FILE
from skipgramophone.neighbours import IndexFacts
from skipgramophone.neighbours import build_index as build_annoy_index
from skipgramophone.publishing import file_sha256
from skipgramophone.settings import ExtractSettings, IndexSettings, SimilarSettings, TrainSettings
from skipgramophone.vocabulary import Vocabulary

if TYPE_CHECKING:
    from skipgramophone.playlists.encoding import EncodedPlaylists
    from skipgramophone.playlists.rows import Reader
    from skipgramophone.training.trainer import Progress

REJECTS = "rejects.jsonl"
HISTORY = "history.jsonl"
TRAIN_LOG = "train.log"
ACCUMULATORS = "accumulators.npy"


@dataclass(frozen=True, slots=True)
class Reading:
    """How far the reading of the sources has come."""

    bytes_read: int
    bytes_total: int  # 0 where it is not known
    rows: int


@dataclass(frozen=True, slots=True)
class ExtractReport:
    """What an extraction found."""

    experiment: str
    sources: list[dict[str, Any]]  # file, format, bytes, sha256
    rows_read: int
    rows_used: int
    rows_rejected: int
    rejected: dict[str, int]  # rows by reason
    owners: int
    playlists: int
    tracks: int
    occurrences: int
    longest_playlist: int
    repeats: int  # places of a playlist whose track has stood in it before
    without_artist: int  # rows with an empty artist
    sorted_by_title: int
    sortable: int  # playlists long enough for the order to tell
    seconds: float
    rows_per_second: int


@dataclass(frozen=True, slots=True)
class TrainReport:
    """What a training run did."""

    experiment: str
    settings: dict[str, Any]
    tracks: int
    tracks_learnt: int
    occurrences: int
    first_loss: float
    last_loss: float
    seconds: float
    tracks_per_second: int  # occurrences trained a second, compilation included
    index: IndexFacts


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export wrote."""

    experiment: str
    destination: str
    format: str
    tracks: int
    left_out: int  # tracks too rare to have been learnt
    dim: int
    bytes: int


def extract(
    name: str,
    sources: Sequence[Path] = (),
    settings: ExtractSettings | None = None,
    *,
    sample: bool = False,
    force: bool = False,
    experiments_dir: Path | None = None,
    progress: Callable[[Reading], None] | None = None,
) -> ExtractReport:
    """Read dumps of playlists into a corpus.

    Args:
        name: the experiment's name.
        sources: files to read, in order.
        settings: how to read them.
        sample: read the built-in sample instead of files.
        force: replace a corpus that is there.
        experiments_dir: where experiments lie; else $SGP_EXPERIMENTS, else ./experiments.
        progress: is told how far the reading has come.

    Raises:
        SettingError: both sources and the sample are asked for, or neither.
        SourceError: a source cannot be read, or no row of it can be used.
        ExperimentError: the experiment has a corpus, or its name cannot be one.
        StorageError: the disk failed, or is full.
    """
    settings = settings or ExtractSettings()
    if sample == bool(sources):
        raise SettingError(
            "give either a SOURCE or --sample, not both"
            if sample
            else "give a SOURCE to read, or --sample for the built-in sample"
        )
    started = time.perf_counter()
    with new_experiment(name, experiments_dir) as experiment:
        experiment.require_new("corpus", force)
        readers = _readers(sources, settings, sample)
        encoded = _read(readers, progress)
        with experiment.publishing("corpus", asdict(settings)) as draft:
            _write_corpus(draft.path, encoded)
            report = _extract_report(name, readers, encoded, time.perf_counter() - started)
            draft.facts |= asdict(report) | {"versions": _versions("pyarrow", "pandas", "numpy")}
    return report


def train(
    name: str,
    settings: TrainSettings | None = None,
    index_settings: IndexSettings | None = None,
    *,
    force: bool = False,
    threads: int | None = None,
    experiments_dir: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> TrainReport:
    """Train vectors on a corpus, then build the index of them.

    Args:
        name: the experiment's name.
        settings: how to train.
        index_settings: how to build the index.
        force: replace a model that is there.
        threads: programs to run side by side, else one a core; the result is the same.
        experiments_dir: where experiments lie; else $SGP_EXPERIMENTS, else ./experiments.
        progress: is told how far the training has come.

    Raises:
        TrainingError: there is nothing to train on, or the loss is no longer a number.
        ExperimentError: the experiment has no corpus, or has a model.
        StorageError: the disk failed, or is full.
    """
    from skipgramophone.training.trainer import Trainer  # here, because it imports TensorFlow

    settings = settings or TrainSettings()
    experiment = open_experiment(name, experiments_dir)
    with experiment.writing("train"), tempfile.TemporaryDirectory(prefix="sgp-") as scratch:
        experiment.require_new("model", force)
        experiment.manifest("corpus")
        corpus, tracks = _open_corpus(experiment)
        vocabulary = Vocabulary(corpus.counts(tracks), settings.min_count)
        started = time.perf_counter()
        log = Path(scratch) / TRAIN_LOG
        log.touch()
        trainer = Trainer(corpus, vocabulary, settings, log, threads)
        history: list[dict[str, Any]] = []
        for step in trainer.run():
            if step.epoch_done:
                history.append({"epoch": step.epoch, "loss": step.loss, "tracks": step.tokens, "pairs": step.pairs})
            if progress:
                progress(step)
        seconds = time.perf_counter() - started
        embeddings = trainer.tables.embeddings(vocabulary.learnt)
        facts: dict[str, Any] = {
            "tracks": tracks,
            "tracks_learnt": int(vocabulary.learnt.sum()),
            "occurrences": corpus.occurrences,
            "first_loss": history[0]["loss"],
            "last_loss": history[-1]["loss"],
            "seconds": round(seconds, 2),
            "tracks_per_second": round(sum(epoch["tracks"] for epoch in history) / seconds),
        }
        with experiment.publishing("model", asdict(settings)) as draft:
            embeddings.write(draft.path)
            np.save(draft.path / ACCUMULATORS, trainer.tables.accumulators())
            _write_lines(draft.path / HISTORY, history)
            shutil.copyfile(log, draft.path / TRAIN_LOG)
            draft.facts |= facts | {
                "threads": trainer.threads,
                "device": "cpu",
                "layout": asdict(trainer.shape),
                "versions": _versions("tensorflow", "numpy"),
            }
        index = _publish_index(experiment, embeddings, index_settings or IndexSettings())
    return TrainReport(experiment=name, settings=asdict(settings), index=index, **facts)


def build_index(name: str, settings: IndexSettings | None = None, *, experiments_dir: Path | None = None) -> IndexFacts:
    """Build the index of a model anew.

    Raises:
        ExperimentError: the experiment has no model, or the model is stale.
        StorageError: the disk failed, or is full.
    """
    experiment = open_experiment(name, experiments_dir)
    with experiment.writing("index"):
        experiment.current("model")
        _, tracks = _open_corpus(experiment)
        embeddings = read_embeddings(experiment.directory("model"), tracks)
        return _publish_index(experiment, embeddings, settings or IndexSettings())


def similar(
    name: str, query: str, settings: SimilarSettings | None = None, *, experiments_dir: Path | None = None
) -> Answer:
    """Find the tracks most similar to one.

    Raises:
        UnknownTrackError: no track answers to the query.
        AmbiguousTrackError: several do.
        ExperimentError: a stage is missing, stale or damaged.
    """
    return open_lookup(name, experiments_dir).similar(query, settings)


def export(
    name: str,
    destination: Path,
    format: str | None = None,
    *,
    force: bool = False,
    experiments_dir: Path | None = None,
) -> ExportReport:
    """Write the vectors of an experiment to a file in a format that other tools read.

    Raises:
        SettingError: the format is not known.
        ExperimentError: a stage is missing or stale, or the destination is refused.
        StorageError: the disk failed, or what was written does not read back.
    """
    from skipgramophone import exporters  # here, because look-ups do without pyarrow
    from skipgramophone.exporters.vectors import TrackVectors

    chosen = exporters.format_of(destination, format)
    exporters.require_writable(destination, force)
    lookup = open_lookup(name, experiments_dir)
    rows = np.flatnonzero(lookup.embeddings.learnt())
    vectors = TrackVectors(
        lookup.catalogue.tracks(rows.tolist()), lookup.embeddings.centre[rows], lookup.embeddings.context[rows]
    )
    size = exporters.write(destination, chosen, vectors, force)
    return ExportReport(name, str(destination), chosen, len(rows), len(lookup) - len(rows), lookup.embeddings.dim, size)


def occurrences(name: str, experiments_dir: Path | None = None) -> int:
    """Occurrences in the corpus of an experiment: how much an epoch trains.

    Raises:
        ExperimentError: the experiment has no corpus, or it is damaged.
    """
    experiment = open_experiment(name, experiments_dir)
    experiment.manifest("corpus")
    return read_corpus(experiment.directory("corpus")).occurrences


def _readers(sources: Sequence[Path], settings: ExtractSettings, sample: bool) -> list[Reader]:
    """Open each source."""
    from skipgramophone.playlists.sources import SampleReader, open_source

    if sample:
        return [SampleReader(settings.num_rows)]
    return [open_source(Path(source), settings.num_rows) for source in sources]


def _read(readers: Sequence[Reader], progress: Callable[[Reading], None] | None) -> EncodedPlaylists:
    """Read and encode all sources, telling how far it has come."""
    from skipgramophone.playlists.encoding import PlaylistEncoder

    total = sum(reader.path.stat().st_size for reader in readers if reader.path)
    encoder, done, rows = PlaylistEncoder(), 0, 0
    for reader in readers:
        for block in reader.blocks():
            encoder.add(block)
            rows += block.used + len(block.rejects)
            if progress:
                progress(Reading(done + block.bytes_read, total, rows))
        done += reader.path.stat().st_size if reader.path else 0
    encoded = encoder.encode()
    if not len(encoded.track_ids):
        first = encoded.rejects[0]
        raise SourceError(f"{first.file}: no row could be used; line {first.line}: {first.reason}")
    return encoded


def _write_corpus(directory: Path, encoded: EncodedPlaylists) -> None:
    """Write the files of the corpus stage."""
    import pyarrow.parquet as pq

    write_catalogue(directory, _table_rows(encoded.tracks), _table_rows(encoded.spellings))
    Corpus(encoded.track_ids, encoded.offsets).write(directory)
    pq.write_table(encoded.playlists, directory / PLAYLISTS)
    _write_lines(directory / REJECTS, [asdict(reject) for reject in encoded.rejects])


def _table_rows(table: Any) -> Iterator[tuple[Any, ...]]:
    """Rows of an Arrow table as tuples, a batch at a time."""
    for batch in table.to_batches(max_chunksize=50_000):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _write_lines(path: Path, records: Sequence[dict[str, Any]]) -> None:
    """Write JSON lines."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def _extract_report(name: str, readers: Sequence[Reader], encoded: EncodedPlaylists, seconds: float) -> ExtractReport:
    """Count what was found."""
    import pyarrow.compute as pc

    corpus = Corpus(encoded.track_ids, encoded.offsets)
    nameless = np.flatnonzero(pc.equal(encoded.tracks["artist"], "").to_numpy())
    used, rejected = corpus.occurrences, len(encoded.rejects)
    return ExtractReport(
        experiment=name,
        sources=[_described(reader) for reader in readers],
        rows_read=used + rejected,
        rows_used=used,
        rows_rejected=rejected,
        rejected=dict(Counter(reject.reason for reject in encoded.rejects)),
        owners=pc.count_distinct(encoded.playlists["owner"]).as_py(),
        playlists=len(corpus),
        tracks=encoded.tracks.num_rows,
        occurrences=used,
        longest_playlist=int(corpus.lengths().max()),
        repeats=_repeats(corpus),
        without_artist=int(np.isin(encoded.track_ids, nameless).sum()),
        sorted_by_title=encoded.sorted_by_title,
        sortable=encoded.sortable,
        seconds=round(seconds, 3),
        rows_per_second=round((used + rejected) / seconds),
    )


def _repeats(corpus: Corpus) -> int:
    """Places of playlists whose track has stood in the playlist before."""
    playlist = np.repeat(np.arange(len(corpus)), corpus.lengths())
    pairs = playlist.astype(np.int64) << 32 | corpus.track_ids
    return corpus.occurrences - len(np.unique(pairs))


def _described(reader: Reader) -> dict[str, Any]:
    """What is kept of a source: its name, format, size and hash, not where it lay."""
    if reader.path is None:
        return {"file": None, "format": reader.format, "bytes": 0, "sha256": None}
    path = reader.path
    return {"file": path.name, "format": reader.format, "bytes": path.stat().st_size, "sha256": file_sha256(path)}


def _open_corpus(experiment: Experiment) -> tuple[Corpus, int]:
    """The corpus of an experiment, and the number of tracks in its catalogue."""
    corpus = read_corpus(experiment.directory("corpus"))
    catalogue = Catalogue(experiment.directory("corpus"))
    tracks = len(catalogue)
    catalogue.close()
    if corpus.occurrences and not 0 <= int(corpus.track_ids.min()) <= int(corpus.track_ids.max()) < tracks:
        raise ExperimentError(
            f"the corpus of '{experiment.name}' names tracks that its catalogue of {tracks} has not: "
            f"run sgp extract {experiment.name} --force"
        )
    return corpus, tracks


def _publish_index(experiment: Experiment, embeddings: Embeddings, settings: IndexSettings) -> IndexFacts:
    """Build the index of a model and publish it."""
    with experiment.publishing("index", asdict(settings)) as draft:
        facts = build_annoy_index(draft.path / INDEX_FILE, embeddings.centre, settings)
        _note(draft, facts)
    return facts


def _note(draft: Draft, facts: IndexFacts) -> None:
    """Keep the facts of an index in its manifest."""
    draft.facts |= asdict(facts)


def _versions(*packages: str) -> dict[str, str]:
    """Versions of this package, of Python, of the machine's kind and of some packages."""
    own = {"skipgramophone": __version__, "python": platform.python_version(), "machine": platform.machine()}
    return own | {"platform": sys.platform} | {package: version(package) for package in packages}
