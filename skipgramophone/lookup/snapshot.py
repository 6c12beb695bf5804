"""An experiment as it was when it was opened.

Another process may replace, rename or remove the experiment while look-ups use it. Everything that belongs to the
opened model is therefore opened or mapped at once: an open file stays readable after its name is gone. Only the index
is opened later, because that takes longer. It names the model that it was built from (see `search`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from skipgramophone.errors import ExperimentError, SgpError
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.corpus import Corpus, read_corpus
from skipgramophone.experiment.embeddings import Embeddings, read_embeddings
from skipgramophone.experiment.experiment import Experiment, continue_command
from skipgramophone.experiment.manifest import Manifest, tracks_of_model
from skipgramophone.experiment.playlist_table import PlaylistTable, map_playlist_table
from skipgramophone.experiment.postings import Postings, build_postings, has_postings, read_postings
from skipgramophone.lookup.stability_report import StabilityReport, read_stability
from skipgramophone.wording import plural

TRIES = 10  # attempts to open an experiment that is being replaced


@dataclass(frozen=True)
class Snapshot:
    """The files of one corpus and of the model that was trained on it.

    Attributes:
        experiment: the experiment; its name is used in messages, and its index is below its path.
        model: manifest of the model.
        corpus: the playlists.
        catalogue: the tracks.
        embeddings: the vectors.
        kept_postings: the playlists of each track; None in corpora of the first version.
        playlist_table: names and owners of the playlists.
        stability: the stability report of the model, if there is one.
        warnings: what every answer should note: that the corpus has grown since the model was trained.
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

    def is_current(self) -> bool:
        """Whether the experiment still has the model that was opened, under the same name."""
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

    The corpus may have grown since the model was trained: its rows keep their numbers, and new tracks have no vector.

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
    """Read the manifests of the corpus, and of a model that was trained on it or on what it has grown from."""
    return experiment.manifest("corpus"), experiment.current("model", may_have_grown=True)


def _open(experiment: Experiment, manifest: Manifest, model: Manifest) -> Snapshot:
    """Open the files of corpus and model, without knowing yet whether they belong together."""
    directory = experiment.directory("corpus")
    catalogue = Catalogue(directory)
    try:
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
            warnings=() if model.parent == manifest.digest else (_growth_note(experiment, added),),
        )
    except BaseException:  # including an interrupt: the database file must not stay open
        catalogue.close()
        raise


def _growth_note(experiment: Experiment, added: int) -> str:
    """Say that the model is older than its corpus, and how to train on."""
    tracks = f"{plural(added, 'new track')} {'has' if added == 1 else 'have'} no vector"
    return f"the corpus has grown since the model was trained ({tracks}): {continue_command(experiment.name)}"


def _replaced(experiment: Experiment) -> ExperimentError:
    """Return the error for an experiment that changes while it is opened."""
    return ExperimentError(f"experiment '{experiment.name}' is being replaced by another process: try again")
