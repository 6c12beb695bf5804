"""Verifies experiments: the files of each stage, and whether the stages match each other.

Every file is read: its hash is compared with the manifest, then its content is checked, because a file can be damaged
before it is hashed. Nothing is changed, except that leftovers of killed runs are removed on request.
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
from skipgramophone.experiment.corpus import HELD_OUT_PREFIX, REJECTS, read_corpus, read_held_out_corpus
from skipgramophone.experiment.embeddings import ACCUMULATORS, CENTRE_MEAN, read_embeddings
from skipgramophone.experiment.experiment import (
    DESCRIPTION,
    NEW_DESCRIPTION,
    Experiment,
    experiments_in,
    named_experiment,
    open_experiment,
)
from skipgramophone.experiment.file_names import EVALUATION, HISTORY
from skipgramophone.experiment.imported import has_corpus_of_names
from skipgramophone.experiment.json_files import read_json
from skipgramophone.experiment.manifest import COMMAND, MANIFEST, PARENT, Manifest, digest_of, require_format
from skipgramophone.experiment.playlist_table import read_playlist_table
from skipgramophone.experiment.postings import build_postings, read_postings
from skipgramophone.experiment.publishing import file_sha256, leftovers, remove
from skipgramophone.experiment.split_models import MODELS
from skipgramophone.lookup.annoy_index import FILE as INDEX_FILE
from skipgramophone.lookup.annoy_index import usable
from skipgramophone.lookup.index_recall import measured_recall

State = Literal["damaged", "stale", "leftover", "unfinished"]
LOST_RECALL = 0.02  # tolerated drop of recall@10 since the index was built: ties may fall differently
Tell = Callable[[int, int, str], None]  # bytes done, bytes in all, file


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem that a check found.

    Attributes:
        experiment: name of the experiment.
        place: path below the experiments directory.
        state: "damaged" (bytes differ from what was published), "stale" (made from a stage that has been replaced),
            "leftover" (from a killed run; harmless), "unfinished" (a training run that can be resumed).
        what: what was found and what to do, in one line.
    """

    experiment: str
    place: str
    state: State
    what: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a check.

    Attributes:
        experiments: names of the checked experiments.
        bytes: size of the files that were read.
        findings: the problems; leftovers are listed even if they were removed.
    """

    experiments: tuple[str, ...]
    bytes: int
    findings: tuple[Finding, ...]

    @property
    def is_damaged(self) -> bool:
        """Whether anything is damaged."""
        return any(finding.state == "damaged" for finding in self.findings)


def check(
    name: str | None = None,
    *,
    clean: bool = False,
    experiments_dir: Path | str | None = None,
    progress: Tell | None = None,
) -> Checked:
    """Verify one experiment, or all of a directory.

    Args:
        name: name of the experiment; None for all.
        clean: remove leftovers of killed runs.
        experiments_dir: experiments directory; default: $SGP_EXPERIMENTS or ./experiments.
        progress: called before each file with the bytes read, the bytes in all and the path.

    Raises:
        ExperimentError: the experiment or the experiments directory does not exist, or `clean` is given while another
            process writes the experiment.
    """
    if name is not None:
        experiments = [named_experiment(name, experiments_dir)]
        if not experiments[0].has_description():
            open_experiment(name, experiments_dir)  # raises the error for a missing experiment
    else:
        experiments = experiments_in(experiments_dir)
    read = _ReadProgress(experiments, progress)
    findings = tuple(finding for experiment in experiments for finding in _check(experiment, read, clean))
    return Checked(tuple(experiment.name for experiment in experiments), read.bytes, findings)


class _ReadProgress:
    """Counts the bytes read, and reports progress."""

    def __init__(self, experiments: list[Experiment], progress: Tell | None) -> None:
        files = (path for each in experiments for stage in PARENT for path in each.directory(stage).glob("*"))
        self._total = sum(path.lstat().st_size for path in files)
        self.bytes, self._progress = 0, progress

    def next(self, experiment: Experiment, path: Path) -> None:
        """Report that a file is read next."""
        if self._progress:
            self._progress(self.bytes, self._total, str(path.relative_to(experiment.path.parent)))
        self.bytes += path.lstat().st_size if path.exists() else 0


def _check(experiment: Experiment, read: _ReadProgress, clean: bool) -> Iterator[Finding]:
    """Verify one experiment."""
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
    yield from _check_other_files(experiment)
    yield from _check_leftovers(experiment, clean)


def _finding(experiment: Experiment, place: str, state: State, what: object) -> Finding:
    """Return a finding at a path of an experiment."""
    return Finding(experiment.name, f"{experiment.name}/{place}", state, str(what))


def _check_stage(experiment: Experiment, stage: str, parent_is_sound: bool, read: _ReadProgress) -> Iterator[Finding]:
    """Verify files and lineage of a stage and, if its parent is sound, its content."""
    directory = experiment.directory(stage)
    again = f"run sgp {COMMAND[stage]} {experiment.name}" + ("" if stage == "index" else " --force")
    if not (directory / MANIFEST).is_file():
        yield _finding(experiment, stage, "damaged", f"{MANIFEST} is missing: {again}")
        return
    try:
        manifest = experiment.manifest(stage)
    except SgpError as error:
        yield _finding(experiment, f"{stage}/{MANIFEST}", "damaged", f"{error}: {again}")
        return
    damaged = False
    for name in sorted({*manifest.files, *(path.name for path in directory.iterdir())} - {MANIFEST}):
        read.next(experiment, directory / name)
        if wrong := difference_from_manifest(directory, name, manifest.files.get(name)):
            damaged = True
            yield _finding(experiment, f"{stage}/{name}", "damaged", f"{wrong}: {again}")
    if not damaged and digest_of(manifest) != manifest.digest:
        damaged = True
        yield _finding(experiment, f"{stage}/{MANIFEST}", "damaged", f"checksum mismatch: {again}")
    if damaged:
        return
    try:
        experiment.current(stage)
    except SgpError as error:
        if parent_is_sound or not experiment.directory(str(PARENT[stage])).exists():
            yield _finding(experiment, stage, "stale", error)
        return
    if parent_is_sound:
        try:
            VERIFY[stage](experiment, manifest)
        except SgpError as error:
            yield _finding(experiment, stage, "damaged", error)


def difference_from_manifest(directory: Path, name: str, published: dict[str, Any] | None) -> str | None:
    """Return how a file differs from its manifest entry, or None if it does not."""
    path = directory / name
    if published is None:
        return "file is not listed in the manifest"
    if path.is_symlink() or not path.is_file():
        return "file is missing" if not path.exists() else "not a regular file"
    try:
        size = path.stat().st_size
        if size != published.get("bytes"):
            return f"wrong size: {size:,} bytes instead of {published.get('bytes')}"
        if file_sha256(path) != published.get("sha256"):
            return "checksum mismatch"
    except SgpError as error:
        return str(error)
    return None


def _verify_corpus(experiment: Experiment, manifest: Manifest) -> None:
    """Verify that playlists, catalogue, postings and manifest match."""
    directory = experiment.directory("corpus")
    corpus = read_corpus(directory)
    with closing(Catalogue(directory)) as catalogue:
        catalogue.require_sound()
        counts, tracks = np.array(catalogue.counts(), np.int64), len(catalogue)
    aside = read_held_out_corpus(directory)
    for part, prefix in ((corpus, ""), *([(aside, HELD_OUT_PREFIX)] if aside else [])):
        if not part.has_valid_ids(tracks):
            raise ExperimentError(f"{directory} is damaged: unknown track id in a playlist")
        read_playlist_table(directory, len(part), prefix)
    if has_corpus_of_names(experiment):
        return
    if not np.array_equal(corpus.counts(tracks), counts):
        raise ExperimentError(f"{directory} is damaged: counts in {CATALOGUE_FILE} do not match the playlists")
    made, kept = build_postings(corpus, tracks), read_postings(directory, corpus, tracks)
    if not (np.array_equal(made.offsets, kept.offsets) and np.array_equal(made.playlists, kept.playlists)):
        raise ExperimentError(f"{directory} is damaged: postings do not match the playlists")
    for what, held in (("playlists", len(corpus)), ("tracks", tracks), ("occurrences", corpus.occurrences)):
        if manifest.facts.get(what) != held:
            listed = manifest.facts.get(what)
            raise ExperimentError(f"{directory} is damaged: {held:,} {what} instead of {listed} as in the manifest")
    _require_json_lines(directory / REJECTS)


def _verify_model(experiment: Experiment, _manifest: Manifest) -> None:
    """Verify that the vectors match the catalogue and are finite."""
    directory = experiment.directory("model")
    with closing(Catalogue(experiment.directory("corpus"))) as catalogue:
        embeddings = read_embeddings(directory, len(catalogue))
    if not embeddings.are_finite():
        raise ExperimentError(f"{directory} is damaged: vectors hold values that are not finite")
    for name, dimensions in ((CENTRE_MEAN, 1), (ACCUMULATORS, 2)):
        path = directory / name
        if path.exists() and not np.isfinite(read_array(path, np.float32, dimensions)).all():
            raise ExperimentError(f"{path} is damaged: it holds values that are not finite")
    if (directory / HISTORY).exists():
        _require_json_lines(directory / HISTORY)


def _verify_index(experiment: Experiment, manifest: Manifest) -> None:
    """Verify that the index reaches the recall@10 that was measured when it was built."""
    directory = experiment.directory("index")
    with closing(Catalogue(experiment.directory("corpus"))) as catalogue:
        centre = read_embeddings(experiment.directory("model"), len(catalogue)).centre
    facts = usable(manifest.facts, centre)
    if facts is None:
        raise ExperimentError(f"{directory} is damaged: it does not match the vectors; run sgp index {experiment.name}")
    recall = measured_recall(directory / INDEX_FILE, centre, facts)
    if recall < facts.recall_at_10 - LOST_RECALL:
        raise ExperimentError(
            f"{directory} is damaged: recall@10 is {recall:.1%}, and was {facts.recall_at_10:.1%} when it was built; "
            f"run sgp index {experiment.name}"
        )


VERIFY: dict[str, Callable[[Experiment, Manifest], None]] = {
    "corpus": _verify_corpus,
    "model": _verify_model,
    "index": _verify_index,
}


def _check_other_files(experiment: Experiment) -> Iterator[Finding]:
    """Verify the files outside the stages: the checkpoint of an unfinished run, and evaluation reports."""
    try:
        checkpoint = read_checkpoint(experiment.path)
        if checkpoint is not None:
            stopped = f"a training run stopped in epoch {checkpoint.progress.get('epoch')}"
            advice = f"continue with sgp train {experiment.name} --resume"
            yield _finding(experiment, CHECKPOINT, "unfinished", f"{stopped}: {advice}")
    except SgpError as error:
        yield _finding(experiment, CHECKPOINT, "damaged", error)
    for path in sorted((experiment.path / EVALUATION).glob("*.json")):
        try:
            read_json(path)
        except SgpError as error:
            yield _finding(experiment, f"{EVALUATION}/{path.name}", "damaged", error)


def _check_leftovers(experiment: Experiment, clean: bool) -> Iterator[Finding]:
    """List leftovers of killed runs, and remove them on request."""
    below = [experiment.path, experiment.path / EVALUATION, experiment.path / EVALUATION / MODELS]
    there = [path for directory in below if directory.is_dir() for path in leftovers(directory)]
    if (experiment.path / NEW_DESCRIPTION).exists():
        there.append(experiment.path / NEW_DESCRIPTION)
    if there and clean:
        with experiment.writing("check"):
            for path in there:
                remove(path)
    for path in there:
        outcome = "removed" if clean else f"sgp check {experiment.name} --clean and the next run remove it"
        place = str(path.relative_to(experiment.path))
        yield _finding(experiment, place, "leftover", f"left behind by a killed run: {outcome}")


def _require_json_lines(path: Path) -> None:
    """Verify that each line of a file is a JSON object."""
    with storage_errors(path, "read"), path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                whole = isinstance(json.loads(line), dict)
            except (ValueError, RecursionError):
                whole = False
            if not whole:
                raise ExperimentError(f"{path} is damaged: line {number} is not a JSON object")
