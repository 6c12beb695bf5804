"""What is inspected: the experiment or the sources that a name stands for, and their playlists."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.experiment import Experiment, named_experiment, open_experiment
from skipgramophone.experiment.playlist_table import read_playlist_table
from skipgramophone.inspection.contents import Contents

if TYPE_CHECKING:
    from skipgramophone.playlists.encoding import EncodedPlaylists


def experiment_meant(named: Sequence[Path | str], root: Path | str | None) -> Experiment | None:
    """The experiment that is meant, or None where sources are; a single word that is both is the experiment.

    Raises:
        ExperimentError: the word is neither, or the experiment is of a format that this version does not know.
    """
    if len(named) != 1 or isinstance(named[0], Path):
        return None
    word = named[0]
    try:
        experiment = named_experiment(word, root)
    except ExperimentError:  # a path, or standard input
        return None
    if experiment.has_description():
        return open_experiment(word, root)
    if Path(word).exists():
        return None
    raise ExperimentError(
        f"there is neither an experiment '{word}' in {experiment.path.parent} nor a file of that name"
    )


def contents_of_sources(encoded: EncodedPlaylists) -> Contents:
    """The playlists of sources that have been read."""
    return Contents(Corpus(encoded.track_ids, encoded.offsets), encoded.tracks, encoded.playlists)


def contents_of_experiment(experiment: Experiment, corpus: Corpus) -> Contents:
    """The playlists of an experiment.

    Raises:
        ExperimentError: there are none, or they are damaged.
    """
    if not corpus.occurrences:
        raise ExperimentError(
            f"the corpus of '{experiment.name}' holds names alone, for imported vectors: no playlists"
        )
    directory = experiment.directory("corpus")
    with closing(Catalogue(directory)) as catalogue:
        columns = zip(*catalogue.names(), strict=True)
    names = zip(("artist", "title", "uri"), columns, strict=True)
    tracks = pa.table({name: pa.array(column, pa.large_string()) for name, column in names})
    playlists = read_playlist_table(directory, len(corpus)).select(["owner", "name"])
    return Contents(corpus, tracks, playlists)
