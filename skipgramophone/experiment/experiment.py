"""Experiments: directories with stages. The model is made from the corpus, and the index from the model.

    experiment.json          format, name, created, version; written once
    corpus/ model/ index/    the stages, each with a manifest.json
    .lock                    lock file of the running writer: pid, command, host

A stage is replaced as a whole, in one step (see `publishing`). Its manifest contains the digest of the stage before it
(see `manifest`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skipgramophone.errors import ExperimentError, StorageError, storage_errors
from skipgramophone.experiment.experiment_names import first_command, likely_name, require_valid
from skipgramophone.experiment.experiments_root import experiments_root, other_directory, require_directory
from skipgramophone.experiment.imported import IMPORTED
from skipgramophone.experiment.json_files import read_json
from skipgramophone.experiment.lock import writer_lock
from skipgramophone.experiment.manifest import (
    COMMAND,
    MANIFEST,
    PARENT,
    Draft,
    Manifest,
    read_manifest,
    require_format,
    write_manifest,
)
from skipgramophone.experiment.next_commands import continue_command, remake_command
from skipgramophone.experiment.publishing import draft_directory, file_sha256, is_draft, publish
from skipgramophone.wording import shell_command, suggestion

DESCRIPTION = "experiment.json"
LOST_AND_FOUND = "lost+found"  # some file systems reserve this directory for recovered files; only root can read it


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment: its name, and the directory of its stages."""

    name: str
    path: Path

    def directory(self, stage: str) -> Path:
        """Return the directory of a stage, whether it exists or not."""
        return self.path / stage

    def has_description(self) -> bool:
        """Whether the directory contains an experiment."""
        with storage_errors(self.path, "read"):
            return (self.path / DESCRIPTION).is_file()

    def has(self, stage: str) -> bool:
        """Whether a stage has been published."""
        with storage_errors(self.directory(stage), "read"):
            return (self.directory(stage) / MANIFEST).is_file()

    def require_new(self, stage: str, force: bool, keep: str = "choose another name to keep both") -> None:
        """Verify that a stage does not exist yet, or that `force` allows replacing it.

        Args:
            stage: the stage.
            force: whether an existing stage may be replaced.
            keep: advice for users who want to keep the existing stage.

        Raises:
            ExperimentError: the stage exists and `force` is false.
        """
        if self.has(stage) and not force:
            if stage == "model" and self.has_grown():
                self.current(stage)  # raises an error that explains how to continue training
            article = "an" if stage == "index" else "a"
            add = "add to it with {}, choose another name".format
            raise ExperimentError.naming(
                lambda named: (
                    f"experiment '{self.name}' already has {article} {stage}: "
                    f"{add(named.either('append=True', 'sgp extract --append')) if stage == 'corpus' else keep}, "
                    f"or replace it with {named('force', True)}"
                )
            )

    def manifest(self, stage: str) -> Manifest:
        """Read the manifest of a stage.

        Raises:
            ExperimentError: the stage is missing, damaged, or has a format that this version does not know.
        """
        if not self.has(stage):
            command = shell_command(COMMAND[stage], self.name)
            missing = f"experiment '{self.name}' has no {stage} yet"
            if stage == "model" and (advice := self._advice_on_unfinished_run()):
                raise ExperimentError(f"{missing}, because its training was interrupted: {advice}")
            raise ExperimentError(f"{missing}: run {command}")
        return read_manifest(self.directory(stage) / MANIFEST, stage)

    def _advice_on_unfinished_run(self) -> str:
        """Return how to continue a training run that was interrupted, or "" if there is none."""
        from skipgramophone.experiment.checkpoint import advice_on_run  # imported here because only errors need it

        return advice_on_run(self.path, self.manifest("corpus").digest) if self.has("corpus") else ""

    def is_intact(self, manifest: Manifest, name: str) -> bool:
        """Whether the file `name` of a stage is unchanged since it was published.

        The size must match. If the modification time differs, the file may be a copy, so its hash is compared. A
        changed file with the same size and time is not detected.
        """
        path, published = self.directory(manifest.stage) / name, manifest.files.get(name, {})
        try:
            status = path.stat()
        except OSError:
            return False
        if status.st_size != published.get("bytes"):
            return False
        return status.st_mtime_ns == published.get("modified_ns") or file_sha256(path) == published.get("sha256")

    def current(self, stage: str, may_have_grown: bool = False) -> Manifest:
        """Read the manifest of a stage, and verify that it was made from the present parent (the stage before it).

        Args:
            stage: "corpus", "model" or "index".
            may_have_grown: whether a stage is also accepted if its parent has grown since the stage was made. The stage
                can still be used, because existing tracks keep their row numbers when a corpus grows.

        Raises:
            ExperimentError: the stage is missing, or its parent has been replaced or has grown since the stage was
                made.
        """
        manifest, parent = self.manifest(stage), PARENT[stage]
        if parent is None:
            return manifest
        made_from = self.manifest(parent)
        if manifest.parent in made_from.former:
            if may_have_grown:
                return manifest
            remade = "" if IMPORTED in manifest.facts else f"; to start over, run {remake_command(self.name, manifest)}"
            raise ExperimentError(
                f"the {parent} of '{self.name}' has grown since the {stage} was made: "
                f"{continue_command(self.name, manifest)}{remade}"
            )
        if manifest.parent != made_from.digest:
            again = remake_command(self.name, manifest)
            raise ExperimentError(
                f"the {stage} of '{self.name}' is out of date: its {parent} has been replaced; run {again}"
            )
        return manifest

    def has_grown(self) -> bool:
        """Whether the corpus has grown since the model was trained."""
        return self.has("model") and self.manifest("model").parent in self.manifest("corpus").former

    def find_wrong_size(self, *manifests: Manifest) -> str | None:
        """Return an error message about the first file whose size differs from the size in the manifest, or None."""
        for manifest in manifests:
            for name, published in manifest.files.items():
                path = self.directory(manifest.stage) / name
                size = path.stat().st_size if path.is_file() else None
                if size != published.get("bytes"):
                    problem = (
                        "it is missing" if size is None else f"its size of {size:,} bytes differs from the manifest"
                    )
                    return f"{path} is damaged: {problem}; run {remake_command(self.name, manifest)}"
        return None

    @contextmanager
    def publishing(self, stage: str, settings: Mapping[str, Any]) -> Iterator[Draft]:
        """Yield a draft of a stage; the `with` block writes the files and the counts, and then the draft is published.

        The block may itself publish the parent stage, because the digest of the parent is read after the block has
        ended.
        """
        parent = PARENT[stage]
        with draft_directory(self.directory(stage)) as path:
            draft = Draft(path, dict(settings))
            yield draft
            made_from = self.manifest(parent).digest if parent else None
            write_manifest(draft, stage, made_from)
            publish(path, self.directory(stage))

    def writing(self, command: str) -> AbstractContextManager[None]:
        """Return a context manager that holds the experiment's lock while `command` writes.

        Raises:
            ExperimentError: another process is writing this experiment.
        """
        return writer_lock(self.path, self.name, command)


def open_experiment(name: str, root: Path | str | None = None, *, to_manage: bool = False) -> Experiment:
    """Open an existing experiment.

    Args:
        name: name of the experiment.
        root: experiments directory; the default is $SGP_EXPERIMENTS or ./experiments.
        to_manage: whether the caller only shows, copies or removes the experiment. If so, and if there is no such
            experiment, the error message does not suggest creating it.

    Raises:
        ExperimentError: the name is invalid, or the experiment does not exist or has a format that this version does
            not know.
    """
    experiment = named_experiment(name, root)
    if not experiment.has_description():
        near = similar_name(experiment)
        make = "; sgp experiments lists all" if to_manage else f": run {first_command(name)}"
        problem = f"there is no experiment '{name}' in {experiment.path.parent.absolute()}"
        raise ExperimentError.naming(
            lambda named: (
                f"{problem}{near} sgp experiments lists all"
                if near
                else f"{problem}{make}{other_directory(root, named)}"
            )
        )
    require_format(experiment.path / DESCRIPTION, read_json(experiment.path / DESCRIPTION))
    return experiment


def similar_name(missing: Experiment) -> str:
    """Return the end of an error message that suggests an experiment with a similar name; "" if there is none."""
    names = [one.name for one in experiments_in(missing.path.parent)] if missing.path.parent.is_dir() else []
    return suggestion(likely_name(missing.name), names)


def experiments_in(root: Path | str | None = None) -> list[Experiment]:
    """Return all experiments in a directory, sorted by name, without the drafts of killed runs.

    A subdirectory that cannot be read may be an experiment, so it is returned too.

    Raises:
        ExperimentError: the experiments directory does not exist, or is a file.
        StorageError: the experiments directory cannot be read.
    """
    directory = experiments_root(root)
    require_directory(directory)
    if not directory.is_dir():
        place = f"{directory.absolute()}: to make one, run sgp extract NAME SOURCE"
        raise ExperimentError.naming(lambda named: f"there are no experiments in {place}{other_directory(root, named)}")
    with storage_errors(directory, "read"):
        found = [Experiment(path.name, path) for path in sorted(directory.iterdir()) if not is_draft(path.name)]
    return [experiment for experiment in found if _may_be_experiment(experiment)]


def _may_be_experiment(experiment: Experiment) -> bool:
    """Whether a directory is an experiment, or cannot be read and may therefore be one."""
    try:
        return experiment.has_description()
    except StorageError:
        return experiment.name != LOST_AND_FOUND


def named_experiment(name: str, root: Path | str | None = None) -> Experiment:
    """Return an `Experiment` object for this name; its directory need not exist.

    Raises:
        ExperimentError: the name is invalid, or the experiments directory is a file.
    """
    require_valid(name)
    require_directory(experiments_root(root))
    return Experiment(name, experiments_root(root) / name)
