"""A check of an experiment: whether each stage is what it was published as, and whether the stages fit each other.

Everything is read: each file is hashed and compared with its manifest, then its content is looked at, because a file
can be damaged before it is hashed. Nothing is changed, unless leftovers of killed runs are to be removed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from skipgramophone.errors import ExperimentError, SgpError, storage_errors
from skipgramophone.experiment.arrays import read_array
from skipgramophone.experiment.catalogue import FILE as CATALOGUE_FILE
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.checkpoint import DIRECTORY as CHECKPOINT
from skipgramophone.experiment.checkpoint import read_checkpoint
from skipgramophone.experiment.corpus import ASIDE, REJECTS, read_corpus, read_corpus_set_aside
from skipgramophone.experiment.embeddings import ACCUMULATORS, CENTRE_MEAN, read_embeddings
from skipgramophone.experiment.experiment import (
    COMMAND,
    DESCRIPTION,
    MANIFEST,
    NEW_DESCRIPTION,
    PARENT,
    Experiment,
    Manifest,
    digest_of,
    experiments_in,
    named_experiment,
    open_experiment,
    read_json,
    require_format,
)
from skipgramophone.experiment.file_names import EVALUATION, HISTORY
from skipgramophone.experiment.imported import has_corpus_of_names
from skipgramophone.experiment.playlist_table import read_playlist_table
from skipgramophone.experiment.postings import postings, read_postings
from skipgramophone.experiment.publishing import file_sha256, leftovers, remove
from skipgramophone.experiment.split_models import MODELS
from skipgramophone.lookup.annoy_index import FILE as INDEX_FILE
from skipgramophone.lookup.annoy_index import usable
from skipgramophone.lookup.index_recall import measured_recall

State = Literal["damaged", "stale", "leftover", "unfinished"]
LOST_RECALL = 0.02  # how much less than when it was built an index may find: queries are the same, ties are not
Tell = Callable[[int, int, str], None]  # bytes done, of how many, of which file


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        experiment: its name.
        place: of what, below the directory of experiments.
        state: "damaged" (the bytes are not what they were), "stale" (made from what has since been replaced),
            "leftover" (of a run that was killed; harmless), "unfinished" (a training run that can go on).
        what: what was found, and what to do, one line.
    """

    experiment: str
    place: str
    state: State
    what: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check has looked at, and what it has found.

    Attributes:
        experiments: their names.
        bytes: of the files that were read.
        findings: nothing where all is well; leftovers that were removed are listed all the same.
    """

    experiments: tuple[str, ...]
    bytes: int
    findings: tuple[Finding, ...]

    @property
    def is_damaged(self) -> bool:
        """Whether anything is not what it was."""
        return any(finding.state == "damaged" for finding in self.findings)


def check(
    name: str | None = None,
    *,
    clean: bool = False,
    experiments_dir: Path | str | None = None,
    progress: Tell | None = None,
) -> Checked:
    """Check one experiment, or all of a directory.

    Args:
        name: of the experiment; None: all.
        clean: remove leftovers of runs that no longer live.
        experiments_dir: where experiments lie.
        progress: told of each file before it is read: bytes read so far, bytes to read, its place.

    Raises:
        ExperimentError: there is no such experiment, or no directory of experiments; or `clean` is asked for while
            another process writes the experiment.
    """
    if name is not None:
        experiments = [named_experiment(name, experiments_dir)]
        if not experiments[0].has_description():
            open_experiment(name, experiments_dir)  # says that there is none
    else:
        experiments = experiments_in(experiments_dir)
    read = _Read(experiments, progress)
    findings = tuple(finding for experiment in experiments for finding in _check(experiment, read, clean))
    return Checked(tuple(experiment.name for experiment in experiments), read.bytes, findings)


class _Read:
    """Counts what has been read of all that is to be read."""

    def __init__(self, experiments: list[Experiment], progress: Tell | None) -> None:
        files = (path for each in experiments for stage in PARENT for path in each.directory(stage).glob("*"))
        self._total = sum(path.lstat().st_size for path in files)
        self.bytes, self._progress = 0, progress

    def next(self, experiment: Experiment, path: Path) -> None:
        """Tell that a file is read next."""
        if self._progress:
            self._progress(self.bytes, self._total, str(path.relative_to(experiment.path.parent)))
        self.bytes += path.lstat().st_size if path.exists() else 0


def _check(experiment: Experiment, read: _Read, clean: bool) -> Iterator[Finding]:
    """Check one experiment."""
    try:
        require_format(experiment.path / DESCRIPTION, read_json(experiment.path / DESCRIPTION))
    except SgpError as error:
        yield _finding(experiment, DESCRIPTION, "damaged", error)
    sound: set[str | None] = {None}
    for stage, parent in PARENT.items():
        if not experiment.directory(stage).exists():
            continue
        wrong = list(_check_stage(experiment, stage, parent in sound, read))
        yield from wrong
        if parent in sound and not wrong:
            sound.add(stage)
    yield from _check_beside(experiment)
    yield from _check_leftovers(experiment, clean)


def _finding(experiment: Experiment, place: str, state: State, what: object) -> Finding:
    """A finding below an experiment's directory."""
    return Finding(experiment.name, f"{experiment.name}/{place}", state, str(what))


def _check_stage(experiment: Experiment, stage: str, on_sound_ground: bool, read: _Read) -> Iterator[Finding]:
    """Check the files of a stage, where it comes from, and, unless the stage before is in doubt, what it holds."""
    directory = experiment.directory(stage)
    again = f"run sgp {COMMAND[stage]} {experiment.name}" + ("" if stage == "index" else " --force")
    if not (directory / MANIFEST).is_file():
        yield _finding(experiment, stage, "damaged", f"it has no {MANIFEST}: {again}")
        return
    try:
        manifest = experiment.manifest(stage)
    except SgpError as error:
        yield _finding(experiment, f"{stage}/{MANIFEST}", "damaged", f"{error}: {again}")
        return
    damaged = False
    for name in sorted({*manifest.files, *(path.name for path in directory.iterdir())} - {MANIFEST}):
        read.next(experiment, directory / name)
        if wrong := what_is_wrong_with(directory, name, manifest.files.get(name)):
            damaged = True
            yield _finding(experiment, f"{stage}/{name}", "damaged", f"{wrong}: {again}")
    if not damaged and digest_of(manifest) != manifest.digest:
        damaged = True
        yield _finding(experiment, f"{stage}/{MANIFEST}", "damaged", f"it is not what was published: {again}")
    if damaged:
        return
    try:
        experiment.current(stage)
    except SgpError as error:
        if on_sound_ground or not experiment.directory(str(PARENT[stage])).exists():
            yield _finding(experiment, stage, "stale", error)
        return
    if on_sound_ground:
        try:
            LOOKS[stage](experiment, manifest)
        except SgpError as error:
            yield _finding(experiment, stage, "damaged", error)


def what_is_wrong_with(directory: Path, name: str, published: dict[str, Any] | None) -> str | None:
    """How a file of a stage differs from what its manifest says; None where it does not."""
    path = directory / name
    if published is None:
        return "it was not published with its stage"
    if path.is_symlink() or not path.is_file():
        return "it is missing" if not path.exists() else "it is not a regular file"
    try:
        size = path.stat().st_size
        if size != published.get("bytes"):
            return f"it has {size:,} bytes and was published with {published.get('bytes')}"
        if file_sha256(path) != published.get("sha256"):
            return "its bytes are not those that were published"
    except SgpError as error:
        return str(error)
    return None


def _look_at_corpus(experiment: Experiment, manifest: Manifest) -> None:
    """Insist that playlists and catalogue fit each other and what the manifest tells of them."""
    directory = experiment.directory("corpus")
    corpus = read_corpus(directory)
    with closing(Catalogue(directory)) as catalogue:
        catalogue.require_sound()
        counts, tracks = np.array(catalogue.counts(), np.int64), len(catalogue)
    aside = read_corpus_set_aside(directory)
    for part, prefix in ((corpus, ""), *([(aside, ASIDE)] if aside else [])):
        if not part.names_only(tracks):
            raise ExperimentError(
                f"{directory} is damaged: its playlists name tracks that {CATALOGUE_FILE} does not have"
            )
        read_playlist_table(directory, len(part), prefix)
    if has_corpus_of_names(experiment):
        return
    if not np.array_equal(corpus.counts(tracks), counts):
        raise ExperimentError(f"{directory} is damaged: {CATALOGUE_FILE} does not count what its playlists hold")
    made, kept = postings(corpus, tracks), read_postings(directory, corpus, tracks)
    if not (np.array_equal(made.offsets, kept.offsets) and np.array_equal(made.playlists, kept.playlists)):
        raise ExperimentError(f"{directory} is damaged: its postings are not those of its playlists")
    for what, held in (("playlists", len(corpus)), ("tracks", tracks), ("occurrences", corpus.occurrences)):
        if manifest.facts.get(what) != held:
            told = manifest.facts.get(what)
            raise ExperimentError(f"{directory} is damaged: it holds {held:,} {what}, and its manifest says {told}")
    _require_json_lines(directory / REJECTS)


def _look_at_model(experiment: Experiment, _manifest: Manifest) -> None:
    """Insist that the vectors fit the catalogue and are numbers."""
    directory = experiment.directory("model")
    with closing(Catalogue(experiment.directory("corpus"))) as catalogue:
        embeddings = read_embeddings(directory, len(catalogue))
    if not embeddings.are_finite():
        raise ExperimentError(f"{directory} is damaged: its vectors hold numbers that are not finite")
    for name, dimensions in ((CENTRE_MEAN, 1), (ACCUMULATORS, 2)):
        path = directory / name
        if path.exists() and not np.isfinite(read_array(path, np.float32, dimensions)).all():
            raise ExperimentError(f"{path} is damaged: it holds numbers that are not finite")
    if (directory / HISTORY).exists():
        _require_json_lines(directory / HISTORY)


def _look_at_index(experiment: Experiment, manifest: Manifest) -> None:
    """Insist that the index finds what exact search finds, as often as when it was built."""
    directory = experiment.directory("index")
    with closing(Catalogue(experiment.directory("corpus"))) as catalogue:
        centre = read_embeddings(experiment.directory("model"), len(catalogue)).centre
    facts = usable(manifest.facts, centre)
    if facts is None:
        raise ExperimentError(f"{directory} is damaged: it does not fit the vectors; run sgp index {experiment.name}")
    recall = measured_recall(directory / INDEX_FILE, centre, facts)
    if recall < facts.recall_at_10 - LOST_RECALL:
        raise ExperimentError(
            f"{directory} is damaged: it finds {recall:.1%} of the ten nearest, and {facts.recall_at_10:.1%} "
            f"when it was built; run sgp index {experiment.name}"
        )


LOOKS: dict[str, Callable[[Experiment, Manifest], None]] = {
    "corpus": _look_at_corpus,
    "model": _look_at_model,
    "index": _look_at_index,
}


def _check_beside(experiment: Experiment) -> Iterator[Finding]:
    """Look at what stands beside the stages: an unfinished run, reports of evaluations."""
    try:
        checkpoint = read_checkpoint(experiment.path)
        if checkpoint is not None:
            stopped = f"a training run was stopped in epoch {checkpoint.progress.get('epoch')}"
            yield _finding(experiment, CHECKPOINT, "unfinished", f"{stopped}: sgp train {experiment.name} --resume")
    except SgpError as error:
        yield _finding(experiment, CHECKPOINT, "damaged", error)
    for path in sorted((experiment.path / EVALUATION).glob("*.json")):
        try:
            read_json(path)
        except SgpError as error:
            yield _finding(experiment, f"{EVALUATION}/{path.name}", "damaged", error)


def _check_leftovers(experiment: Experiment, clean: bool) -> Iterator[Finding]:
    """List what killed runs left, and remove it if that is asked for."""
    below = [experiment.path, experiment.path / EVALUATION, experiment.path / EVALUATION / MODELS]
    there = [path for directory in below if directory.is_dir() for path in leftovers(directory)]
    if (experiment.path / NEW_DESCRIPTION).exists():
        there.append(experiment.path / NEW_DESCRIPTION)
    if there and clean:
        with experiment.writing("check"):
            for path in there:
                remove(path)
    for path in there:
        said = "removed" if clean else f"sgp check {experiment.name} --clean removes it; so does the next run"
        yield _finding(
            experiment, str(path.relative_to(experiment.path)), "leftover", f"a run that was killed left it: {said}"
        )


def _require_json_lines(path: Path) -> None:
    """Insist that each line of a file is a JSON object."""
    with storage_errors(path, "read"), path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                whole = isinstance(json.loads(line), dict)
            except (ValueError, RecursionError):
                whole = False
            if not whole:
                raise ExperimentError(f"{path} is damaged: line {number} is no JSON object")
