"""Steps that several use cases share: opening a corpus, publishing an index, listing package versions."""

from __future__ import annotations

import platform
import sys
from contextlib import closing
from dataclasses import asdict
from importlib.metadata import version

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
        raise ExperimentError(
            f"the corpus of '{experiment.name}' is damaged: a track id is outside its catalogue of {tracks:,} tracks; "
            "extract its sources again, into a new experiment or into this one with --force"
        )
    return corpus, tracks


def publish_index(experiment: Experiment, embeddings: Embeddings, settings: IndexSettings) -> IndexFacts:
    """Build the index of a model, publish it, and record that its files are already verified."""
    with experiment.publishing("index", asdict(settings)) as draft:
        facts = build_annoy_index(draft.path / INDEX_FILE, embeddings.centre, settings)
        draft.facts |= asdict(facts)
    remember_verified([one for one, *_ in facts.files(experiment.directory("index") / INDEX_FILE)])
    return facts


def package_versions(*packages: str) -> dict[str, str]:
    """Return the versions of sgp, Python and some packages, and the platform, for a manifest."""
    own = {"skipgramophone": __version__, "python": platform.python_version(), "machine": platform.machine()}
    return own | {"platform": sys.platform} | {package: version(package) for package in packages}
