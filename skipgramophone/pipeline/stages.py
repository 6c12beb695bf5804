"""Steps that several use cases share: opening a corpus, publishing an index, listing package versions."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from skipgramophone import __version__
from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.corpus import Corpus, read_corpus
from skipgramophone.experiment.embeddings import Embeddings
from skipgramophone.experiment.experiment import Experiment
from skipgramophone.experiment.trusted_files import remember_verified
from skipgramophone.lookup.annoy_index import FILE as INDEX_FILE
from skipgramophone.lookup.annoy_index import IndexFacts
from skipgramophone.lookup.index_builder import build_index as build_annoy_index
from skipgramophone.lookup.index_builder import death_of_annoy
from skipgramophone.parallel import background_thread
from skipgramophone.settings import IndexSettings


def open_corpus(experiment: Experiment) -> tuple[Corpus, int]:
    """Return the corpus of an experiment, and the number of tracks in its catalogue.

    Raises:
        ExperimentError: there is no corpus, it is damaged, or it does not match its catalogue.
    """
    corpus = read_corpus(experiment.directory("corpus"))
    with closing(Catalogue(experiment.directory("corpus"))) as catalogue:
        tracks = len(catalogue)
    if not corpus.has_valid_ids(tracks):
        raise ExperimentError.naming(
            lambda named: (
                f"the corpus of '{experiment.name}' is damaged: a track id is outside its catalogue of {tracks:,} "
                f"tracks; extract its sources again, into a new experiment or into this one with {named('force', True)}"
            )
        )
    return corpus, tracks


class IndexBuild:
    """An index that is built in a second thread, while the first thread computes the factors of the model."""

    def __init__(self, thread: ThreadPoolExecutor, path: Path, settings: IndexSettings) -> None:
        self._thread, self._path, self._settings = thread, path, settings
        self._embeddings: Embeddings
        self._facts: Future[IndexFacts] | None = None

    def take(self, embeddings: Embeddings, *, start: bool) -> None:
        """Receive the vectors to index. If `start` is false, building the index starts only when `facts` is called."""
        self._embeddings = embeddings
        if start:
            self._start()

    def facts(self) -> IndexFacts:
        """Wait until the index is built, and return its parameters and recall. Call `take` first."""
        return (self._facts or self._start()).result()

    def _start(self) -> Future[IndexFacts]:
        """Start to build the index in a second thread."""
        # The next call forks the process. It must be made before the other thread computes, because OpenBLAS does not
        # permit a fork during a computation.
        death_of_annoy()
        self._facts = self._thread.submit(build_annoy_index, self._path, self._embeddings.centre, self._settings)
        return self._facts


@contextmanager
def publishing_index(experiment: Experiment, settings: IndexSettings) -> Iterator[IndexBuild]:
    """Publish the index that the `with` block builds.

    The block itself may publish the model. The index is published after the end of the block.
    """
    with experiment.publishing("index", asdict(settings)) as draft, background_thread() as thread:
        build = IndexBuild(thread, draft.path / INDEX_FILE, settings)
        yield build
        facts = build.facts()
        draft.facts |= asdict(facts)
    remember_verified([one for one, *_ in facts.files(experiment.directory("index") / INDEX_FILE)])


def publish_index(experiment: Experiment, embeddings: Embeddings, settings: IndexSettings) -> IndexFacts:
    """Build the index of a model, and publish it."""
    with publishing_index(experiment, settings) as build:
        build.take(embeddings, start=True)
        return build.facts()


def package_versions(*packages: str) -> dict[str, str]:
    """Return the versions of sgp, Python and some packages, and the platform, for a manifest."""
    own = {"skipgramophone": __version__, "python": platform.python_version(), "machine": platform.machine()}
    return own | {"platform": sys.platform} | {package: version(package) for package in packages}
