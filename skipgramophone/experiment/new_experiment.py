"""Make new experiments: their names, their directories and their descriptions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from skipgramophone import __version__
from skipgramophone.errors import ExperimentError, StorageError, storage_errors
from skipgramophone.experiment.experiment import DESCRIPTION, Experiment, named_experiment
from skipgramophone.experiment.experiment_names import require_visible
from skipgramophone.experiment.json_files import read_json, write_json
from skipgramophone.experiment.lock import LOCK
from skipgramophone.experiment.manifest import COMMAND, FORMAT, PARENT, now, require_format

NEW_DESCRIPTION = ".experiment.json.new"


@contextmanager
def new_experiment(name: str, root: Path | str | None = None, command: str = COMMAND["corpus"]) -> Iterator[Experiment]:
    """Open or create an experiment, and lock it for `command`.

    If the experiment is new and no stage is published in the `with` block, its directory is removed afterwards.

    Raises:
        ExperimentError: the name is invalid, the path exists and is not an experiment, or the experiment has a format
            that this version does not know.
        StorageError: the directory cannot be made.
    """
    experiment = named_experiment(name, root)
    require_visible(name)
    with storage_errors(experiment.path, "make"):
        experiment.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            experiment.path.mkdir()
            made = True
        except FileExistsError:
            made = False
        if not made and _is_foreign(experiment.path):
            raise ExperimentError(f"{experiment.path} exists and is not an experiment: choose another name")
    with ExitStack() as locked:
        try:
            locked.enter_context(experiment.writing(command))
        except StorageError:  # no lock, because the disk is full or the file system has no locks
            if made:
                _remove_empty(experiment)
            raise
        try:
            if (experiment.path / DESCRIPTION).is_file():
                require_format(experiment.path / DESCRIPTION, read_json(experiment.path / DESCRIPTION))
            else:
                _describe(experiment)
            yield experiment
        finally:
            if made and not any(experiment.has(stage) for stage in PARENT):
                _remove_empty(experiment)


def free_path(name: str, root: Path | str | None = None, *, cure: str = "choose another name") -> Path:
    """Return the path for a new experiment with this name.

    If the path already exists, the error message ends with `cure`, the advice on what to do.

    Raises:
        ExperimentError: the name is invalid, or the path exists.
    """
    path = named_experiment(name, root).path
    require_visible(name)
    with storage_errors(path, "read"):
        if path.exists() or path.is_symlink():
            raise ExperimentError(f"{path} already exists: {cure}")
    return path


def write_description(directory: Path, described: Mapping[str, Any]) -> None:
    """Write or replace experiment.json atomically."""
    draft = directory / NEW_DESCRIPTION
    draft.unlink(missing_ok=True)  # There may be the draft of a killed process, or a link that must not be followed.
    write_json(draft, described)
    draft.replace(directory / DESCRIPTION)


def _is_foreign(path: Path) -> bool:
    """Whether a path is neither an experiment nor the incomplete directory of a process that was killed early."""
    if not path.is_dir():
        return True
    names = {inside.name for inside in path.iterdir()}
    return DESCRIPTION not in names and bool(names - {LOCK, NEW_DESCRIPTION})


def _describe(experiment: Experiment) -> None:
    """Write the experiment.json of a new experiment."""
    described = {"format": FORMAT, "name": experiment.name, "created": now(), "version": __version__}
    path = experiment.path / DESCRIPTION
    with storage_errors(path, "write"):
        write_description(experiment.path, described)


def _remove_empty(experiment: Experiment) -> None:
    """Remove the directory of a new experiment that has no published stage."""
    try:
        directory = os.open(experiment.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return  # another program has replaced the directory, for example by a link to another experiment
    try:
        for name in (LOCK, DESCRIPTION, NEW_DESCRIPTION):
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=directory)
        with suppress(OSError):  # the directory has other files, which must not be removed
            experiment.path.rmdir()
    finally:
        os.close(directory)
