"""A snapshot of an experiment: its files as they were when it was opened.

Another process may replace, rename or remove the experiment while look-ups use it. All files that belong to the model
are therefore opened or mapped at the beginning, because an open file stays readable after it has been removed. Only the
index is opened later, because this takes longer. The manifest of the index contains the digest of the model from which
it was built, so `opened_index` notices an index of another model.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy.typing as npt

from skipgramophone.errors import ExperimentError, SgpError
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.corpus import Corpus, read_corpus
from skipgramophone.experiment.embeddings import Embeddings, read_embeddings
from skipgramophone.experiment.experiment import Experiment
from skipgramophone.experiment.manifest import Manifest, tracks_of_model
from skipgramophone.experiment.mapped_files import MappedFile, mapped_files, require_whole
from skipgramophone.experiment.next_commands import continue_command
from skipgramophone.experiment.playlist_table import PlaylistTable, map_playlist_table
from skipgramophone.experiment.postings import Postings, build_postings, has_postings, read_postings
from skipgramophone.lookup.stability_report import StabilityReport, read_stability
from skipgramophone.wording import plural

TRIES = 10  # maximum number of attempts to open an experiment that is being replaced


@dataclass(frozen=True)
class Snapshot:
    """The open files of a corpus and of the model that was trained on it.

    Attributes:
        experiment: the experiment; its name is used in messages, and its index is below its path.
        model: manifest of the model.
        corpus: the playlists.
        catalogue: the tracks.
        embeddings: the vectors.
        kept_postings: the playlists of each track; None if the first version of `sgp` wrote the corpus.
        playlist_table: names and owners of the playlists.
        stability: the stability report of the model, if there is one.
        warnings: notes for every answer; empty unless the corpus has grown since the model was trained.
    """

    experiment: Experiment
    model: Manifest
    corpus: Corpus
    catalogue: Catalogue
    embeddings: Embeddings
    kept_postings: Postings | None
    playlist_table: PlaylistTable
    stability: StabilityReport | None
    warnings: tuple[str, ...]

    @cached_property
    def postings(self) -> Postings:
        """The playlists of each track."""
        return self.kept_postings or build_postings(self.corpus, len(self.catalogue))

    @cached_property
    def tracks_with_vector(self) -> int:
        """Number of tracks that have a vector. They are counted only once, because counting reads all vectors."""
        return int(self.embeddings.learnt().sum())

    @cached_property
    def _mapped_files(self) -> list[MappedFile]:
        """The memory-mapped files of corpus and model."""
        corpus, vectors, postings = self.corpus, self.embeddings, self.kept_postings
        arrays: list[npt.NDArray[Any]] = [
            corpus.track_ids,
            corpus.offsets,
            vectors.centre,
            vectors.context,
            vectors.context_bias,
        ]
        arrays += self.catalogue.name_index.arrays
        arrays += [vectors.factors.rows] if vectors.factors else []
        arrays += vectors.ease.arrays if vectors.ease else []
        arrays += [] if vectors.smoothed is None else [vectors.smoothed]
        arrays += [vectors.artists.rows] if vectors.artists else []
        return mapped_files(arrays + ([postings.playlists, postings.offsets] if postings else []))

    def require_whole_files(self) -> None:
        """Verify that no other program has truncated a file since it was opened.

        Reading a truncated file through its memory map would kill the process.

        Raises:
            ExperimentError: a file has been truncated.
        """
        require_whole(self._mapped_files)

    def is_current(self) -> bool:
        """Return whether the experiment still exists under its name and still has the model that was opened."""
        try:
            return self.experiment.manifest("model").digest == self.model.digest
        except SgpError:
            return False

    def open_catalogue(self) -> Catalogue:
        """Open the catalogue a second time, for another thread.

        Raises:
            ExperimentError: the experiment has been replaced, renamed or removed.
        """
        try:
            catalogue = Catalogue(self.experiment.directory("corpus"))
            _ = catalogue.name_index  # maps its files now
        except SgpError as error:
            if self.is_current():
                raise
            raise _replaced(self.experiment) from error
        if not self.is_current():
            catalogue.close()
            raise _replaced(self.experiment)
        return catalogue


def open_snapshot(experiment: Experiment) -> Snapshot:
    """Open corpus and model of an experiment, and verify that they belong together.

    The corpus may have grown since the model was trained. The old tracks then have the same row numbers as before, and
    the new tracks have no vector.

    Raises:
        ExperimentError: a stage is missing, stale or damaged, or another process replaces it again and again.
        StorageError: a file cannot be read.
    """
    for _ in range(TRIES):
        corpus, model = _manifests(experiment)
        try:
            if wrong := experiment.find_wrong_size(corpus, model):
                raise ExperimentError(wrong)
            snapshot = _open(experiment, corpus, model)
        except SgpError:
            if _manifests(experiment) == (corpus, model):
                raise
            continue  # a writer has replaced a stage in the meantime
        if _manifests(experiment) == (corpus, model):
            return snapshot
        snapshot.catalogue.close()
    raise _replaced(experiment)


def _manifests(experiment: Experiment) -> tuple[Manifest, Manifest]:
    """Read the manifests of the corpus and of the model. The corpus may have grown since the model was trained."""
    return experiment.manifest("corpus"), experiment.current("model", may_have_grown=True)


def _open(experiment: Experiment, manifest: Manifest, model: Manifest) -> Snapshot:
    """Open the files of corpus and model, without checking whether they belong together."""
    directory = experiment.directory("corpus")
    catalogue = Catalogue(directory)
    try:
        _ = catalogue.name_index  # maps its files now
        corpus, tracks = read_corpus(directory), tracks_of_model(manifest, model, len(catalogue))
        added = len(catalogue) - tracks
        return Snapshot(
            experiment=experiment,
            model=model,
            corpus=corpus,
            catalogue=catalogue,
            embeddings=read_embeddings(experiment.directory("model"), tracks),
            kept_postings=read_postings(directory, corpus, len(catalogue)) if has_postings(directory) else None,
            playlist_table=map_playlist_table(directory),
            stability=read_stability(experiment, model.digest),
            warnings=() if model.parent == manifest.digest else (_growth_note(experiment, model, added),),
        )
    except BaseException:  # The database file must be closed even if an interrupt occurs.
        catalogue.close()
        raise


def _growth_note(experiment: Experiment, model: Manifest, added: int) -> str:
    """Return a note that the model is older than its corpus, with the command that gives new tracks vectors."""
    tracks = f"{plural(added, 'new track')} {'has' if added == 1 else 'have'} no vector"
    return f"the corpus has grown since the model was trained ({tracks}): {continue_command(experiment.name, model)}"


def _replaced(experiment: Experiment) -> ExperimentError:
    """Return the error for an experiment that changes while it is opened."""
    return ExperimentError(f"experiment '{experiment.name}' is being replaced by another process: try again")
