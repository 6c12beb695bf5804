"""Inspects the playlists of an experiment, or of sources before they are extracted."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from skipgramophone.errors import ExperimentError, SettingError, SgpError
from skipgramophone.evaluation.window_choice import choose_context
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.experiment import Experiment, named_experiment, open_experiment, similar_name
from skipgramophone.experiment.experiment_names import proposed_name
from skipgramophone.experiment.experiments_root import directory_options, experiments_root, other_directory
from skipgramophone.experiment.imported import IMPORTED
from skipgramophone.experiment.playlist_table import read_playlist_table
from skipgramophone.inspection.contents import Contents
from skipgramophone.inspection.proposal import Target
from skipgramophone.inspection.report import Inspection, inspection
from skipgramophone.pipeline.corpus_files import Progress
from skipgramophone.pipeline.extract import open_readers, read_playlists, source_paths
from skipgramophone.pipeline.extract_report import contents_of, report_of
from skipgramophone.pipeline.stages import open_corpus
from skipgramophone.playlists.encoding.encoder import PlaylistEncoder
from skipgramophone.settings import ExtractSettings, TrainSettings, check_arguments
from skipgramophone.settings.setting import given_options

TRIES = 10  # maximum number of attempts to read a corpus that is being replaced


@check_arguments()
def inspect(
    what: Sequence[Path | str] | Path | str = (),
    settings: ExtractSettings | None = None,
    *,
    sample: bool = False,
    experiments_dir: Path | str | None = None,
    progress: Progress | None = None,
) -> Inspection:
    """Inspect the playlists of an experiment, or of sources before they are extracted.

    Args:
        what: name of an experiment, or one or several files to read. If an experiment and a file have the same name,
            the experiment is inspected; write "./name" for the file.
        settings: settings for reading sources.
        sample: inspect the built-in sample instead.
        experiments_dir: experiments directory; the default is $SGP_EXPERIMENTS or ./experiments.
        progress: called with the progress of reading.

    Raises:
        SettingError: nothing to inspect is given, or settings are given for an experiment.
        SourceError: a source cannot be read, or no row of it can be used.
        ExperimentError: the experiment has no corpus, or its corpus has no playlists.
        StorageError: the disk failed.
    """
    started = time.perf_counter()
    named = [what] if isinstance(what, os.PathLike | str) else list(what)
    experiment = _named_experiment(named, experiments_dir)
    if experiment is None:
        settings = settings or ExtractSettings()
        readers = open_readers(source_paths(named, sample), settings, sample, progress)
        encoded, source_facts = read_playlists(readers, settings, PlaylistEncoder(settings), progress=progress)
        contents, facts = contents_of(encoded), asdict(report_of("", encoded, source_facts))
        target = _target_of_sources(named, settings, sample, experiments_dir)
    elif settings is not None or sample:
        name_of_experiment = experiment.name
        raise SettingError.naming(
            lambda named: (
                f"'{name_of_experiment}' is an experiment, so its sources have already been read: leave out "
                + named.either("settings and sample", "the options that say how to read sources")
            )
        )
    else:
        facts, contents = _read_corpus(experiment)
        directory = directory_options(experiments_dir)
        trained = experiment.has("model")
        target = Target(
            experiment.name,
            directory=directory,
            trained=trained,
            imported=trained and IMPORTED in experiment.manifest("model").facts,
            holds_out=bool(facts.get("held_out_playlists")),
            group=experiment.manifest("corpus").settings.get("group"),
        )
    order = choose_context(contents.corpus, contents.tracks.num_rows, TrainSettings().random_seed)
    kind: Literal["experiment", "sources"] = "sources" if experiment is None else "experiment"
    shown = ["the built-in sample"] if sample else [str(one) for one in named]
    return inspection(
        kind, shown, contents, facts=facts, target=target, order=order, seconds=time.perf_counter() - started
    )


def _target_of_sources(
    named: Sequence[Path | str], settings: ExtractSettings, sample: bool, root: Path | str | None
) -> Target:
    """Return the target of the proposed command: a new experiment that is extracted from the sources."""
    directory = experiments_root(root)
    taken = [path.name for path in directory.iterdir()] if directory.is_dir() else []
    words = [str(each) for each in named]
    # A path that begins with a hyphen would be read as an option, so "./" is put before it.
    sources = [f"./{word}" if word.startswith("-") and word != "-" else word for word in words]
    name = proposed_name("sample" if sample else words[0], taken)
    return Target(
        name,
        sources=("--sample",) if sample else tuple(sources),
        options=tuple(given_options(settings)),
        directory=directory_options(root),
    )


def _named_experiment(named: Sequence[Path | str], root: Path | str | None) -> Experiment | None:
    """Return the named experiment, or None if sources are named; an experiment takes precedence over a file.

    Raises:
        ExperimentError: there is neither an experiment nor a file of this name, or the experiment has an unknown
            format.
    """
    if len(named) != 1 or not isinstance(named[0], str):
        return None
    word = named[0]
    try:
        experiment = named_experiment(word, root)
    except ExperimentError:  # the word is not a valid experiment name, so it is a path or standard input
        return None
    if experiment.has_description():
        return open_experiment(word, root)
    if Path(word).exists():
        return None
    near = similar_name(experiment)
    problem = f"no experiment '{word}' in {experiment.path.parent.absolute()}, and no file of that name"
    raise ExperimentError.naming(lambda named: f"{problem}{near or other_directory(root, named)}")


def _read_corpus(experiment: Experiment) -> tuple[dict[str, Any], Contents]:
    """Read the counts and the playlists of one corpus; read again if another process has replaced it meanwhile.

    Raises:
        ExperimentError: the corpus is missing, has no playlists or is damaged, or is replaced again and again.
        StorageError: a file cannot be read.
    """
    for _ in range(TRIES):
        manifest = experiment.manifest("corpus")
        try:
            contents = _contents_of_experiment(experiment)
        except (SgpError, OSError):
            if experiment.manifest("corpus") == manifest:
                raise
            continue
        if experiment.manifest("corpus") == manifest:
            return manifest.facts, contents
    raise ExperimentError(f"experiment '{experiment.name}' is being replaced by another process: try again")


def _contents_of_experiment(experiment: Experiment) -> Contents:
    """Read the playlists of an experiment.

    Raises:
        ExperimentError: the corpus has no playlists, or is damaged.
    """
    corpus, _ = open_corpus(experiment)
    if not corpus.occurrences:
        raise ExperimentError(
            f"nothing to inspect: the corpus of '{experiment.name}' was made from imported vectors and has no playlists"
        )
    directory = experiment.directory("corpus")
    with closing(Catalogue(directory)) as catalogue:
        columns = zip(*catalogue.names(), strict=True)
    names = zip(("artist", "title", "uri"), columns, strict=True)
    tracks = pa.table({name: pa.array(column, pa.large_string()) for name, column in names})
    playlists = read_playlist_table(directory, len(corpus)).select(["owner", "name"])
    return Contents.of_playlists(corpus, tracks, playlists)
