"""Verifies experiments: the files of each stage, and whether the stages match each other.

Every file of a stage is read, and its hash is compared with the manifest. The content of each file is checked too,
because a file may have been damaged before it was hashed. Nothing is changed, except that files left behind by killed
runs are removed on request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from skipgramophone.errors import DamagedFileError, SgpError, StorageError, reason_of, storage_errors
from skipgramophone.experiment.checkpoint import DIRECTORY as CHECKPOINT
from skipgramophone.experiment.checkpoint import read_checkpoint, report_on_run
from skipgramophone.experiment.experiment import (
    DESCRIPTION,
    Experiment,
    experiments_in,
    named_experiment,
    open_experiment,
)
from skipgramophone.experiment.experiments_root import experiments_root
from skipgramophone.experiment.file_names import EVALUATION
from skipgramophone.experiment.json_files import read_json
from skipgramophone.experiment.manifest import (
    COMMAND,
    MANIFEST,
    PARENT,
    LaterFormatError,
    Manifest,
    digest_of,
    require_format,
)
from skipgramophone.experiment.new_experiment import NEW_DESCRIPTION
from skipgramophone.experiment.next_commands import remake_command
from skipgramophone.experiment.publishing import file_sha256, leftovers, place_of_draft, remove
from skipgramophone.experiment.split_models import MODELS
from skipgramophone.pipeline.stage_content import require_sound_content
from skipgramophone.settings import check_arguments
from skipgramophone.wording import shell_command

State = Literal["damaged", "unchecked", "stale", "leftover", "unfinished"]
Tell = Callable[[int, int, str], None]  # takes the number of bytes read, the total number of bytes, and the file
TRIES = 5  # maximum number of attempts to verify a stage that is being replaced
# Errors that do not mean that a file is damaged, such as a missing permission, a failing disk, too little memory, or
# too many open files.
NOT_READ = (StorageError, LaterFormatError, OSError, MemoryError, ImportError)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A problem that a check found.

    Attributes:
        experiment: name of the experiment.
        place: path below the experiments directory.
        state: the kind of problem.
            "damaged": the bytes differ from those that `sgp` wrote.
            "stale": the stage was made from a stage that has been replaced.
            "leftover": a killed run has left the file behind; it is harmless.
            "unfinished": a training run that can be resumed.
            "unchecked": the file could not be read, so it is unknown whether it is damaged.
        what: the problem and the advice, in one line.
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
    findings: tuple[CheckResult, ...]

    @property
    def is_damaged(self) -> bool:
        """Whether anything is damaged."""
        return any(finding.state == "damaged" for finding in self.findings)

    @property
    def is_incomplete(self) -> bool:
        """Whether something could not be checked."""
        return any(finding.state == "unchecked" for finding in self.findings)


@check_arguments()
def check(
    name: str | None = None,
    *,
    clean: bool = False,
    experiments_dir: Path | str | None = None,
    progress: Tell | None = None,
) -> Checked:
    """Verify one experiment, or all experiments in a directory.

    Args:
        name: name of the experiment; None verifies all.
        clean: remove files left behind by killed runs.
        experiments_dir: experiments directory; the default is $SGP_EXPERIMENTS or ./experiments.
        progress: called before each file with the number of bytes read, the total number of bytes and the path.

    Raises:
        ExperimentError: the experiment or the experiments directory does not exist, or `clean` is given while another
            process writes the experiment.
    """
    experiments = experiments_in(experiments_dir) if name is None else [_existing(name, experiments_dir)]
    read = _ReadProgress(experiments, progress)
    findings = [finding for experiment in experiments for finding in _check(experiment, read, clean)]
    findings += _check_root(experiments_root(experiments_dir), name or "", clean)
    return Checked(tuple(experiment.name for experiment in experiments), read.bytes, tuple(findings))


class _ReadProgress:
    """Counts the bytes read, and reports progress."""

    def __init__(self, experiments: list[Experiment], progress: Tell | None) -> None:
        directories = [each.directory(stage) for each in experiments for stage in PARENT]
        self._total = sum(_size(path) for directory in directories for path in _inside(directory))
        self.bytes, self._progress = 0, progress

    def next(self, experiment: Experiment, path: Path) -> None:
        """Report progress before a file is read."""
        if self._progress:
            self._progress(self.bytes, self._total, str(path.relative_to(experiment.path.parent)))
        self.bytes += _size(path)


def _inside(directory: Path) -> list[Path]:
    """Return the files of a directory, or an empty list if it cannot be read."""
    try:
        return list(directory.iterdir())
    except OSError:
        return []


def _size(path: Path) -> int:
    """Return the size of a file in bytes, or 0 if it is unknown."""
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _existing(name: str, experiments_dir: Path | str | None) -> Experiment:
    """Return an existing experiment, even if its description is damaged or cannot be read."""
    experiment = named_experiment(name, experiments_dir)
    try:
        if not experiment.has_description():
            open_experiment(name, experiments_dir)  # raises the error for a missing experiment
    except StorageError:
        pass  # the check reports this as a finding
    return experiment


def _check(experiment: Experiment, read: _ReadProgress, clean: bool) -> Iterator[CheckResult]:
    """Verify one experiment, and yield the problems."""
    try:
        require_format(experiment.path / DESCRIPTION, read_json(experiment.path / DESCRIPTION))
    except NOT_READ as error:
        yield _unchecked(experiment, DESCRIPTION, error)
    except SgpError as error:
        again = (
            f"restore it from a backup; or copy {DESCRIPTION} from another experiment, and replace the name in it "
            f"by {experiment.name}"
        )
        yield _finding(experiment, DESCRIPTION, "damaged", f"{_problem(error)}; {again}")
    yield from _check_while_replaced(experiment, read)
    try:
        yield from _check_other_files(experiment)
        yield from _check_leftovers(experiment, clean)
    except NOT_READ as error:
        yield _unchecked(experiment, "", error)


def _finding(experiment: Experiment, place: str, state: State, what: object) -> CheckResult:
    """Return a finding about a path of an experiment."""
    return CheckResult(experiment.name, f"{experiment.name}/{place}".rstrip("/"), state, str(what))


def _problem(error: SgpError) -> str:
    """Return the message of an error, without the advice to run `sgp check`."""
    return error.problem if isinstance(error, DamagedFileError) else error.on_command_line


def _unchecked(experiment: Experiment, place: str, error: BaseException | str) -> CheckResult:
    """Return a finding of the state "unchecked": something could not be read."""
    if isinstance(error, MemoryError):
        reason = "not enough memory"
    elif isinstance(error, OSError) and error.filename:
        reason = f"cannot read {error.filename}: {reason_of(error)}"
    else:
        reason = reason_of(error) if isinstance(error, Exception) else str(error)
    again = f"solve this problem, then run {shell_command('check', experiment.name)} again"
    return _finding(experiment, place, "unchecked", f"could not be checked: {reason}; {again}")


def _check_while_replaced(experiment: Experiment, read: _ReadProgress) -> list[CheckResult]:
    """Verify all stages; repeat this if another process has replaced a stage in the meantime."""
    for _ in range(TRIES):
        before = _identities(experiment)
        found = _check_stages(experiment, read)
        if not found or _identities(experiment) == before:
            return found
    return [_unchecked(experiment, "", "another process keeps replacing the stages of this experiment")]


def _check_stages(experiment: Experiment, read: _ReadProgress) -> list[CheckResult]:
    """Verify all stages, each together with the stage from which it was made."""
    found: list[CheckResult] = []
    sound: set[str | None] = {None}
    for stage, parent in PARENT.items():
        try:
            wrong = list(_check_stage(experiment, stage, parent in sound, read))
        except NOT_READ as error:
            wrong = [_unchecked(experiment, stage, error)]
        found += wrong
        if parent in sound and not wrong:
            sound.add(stage)
    return found


def _identities(experiment: Experiment) -> list[tuple[int, ...] | None]:
    """Return device, inode and change time of each stage directory; they change when a stage is replaced."""
    found: list[tuple[int, ...] | None] = []
    for stage in PARENT:
        try:
            status = experiment.directory(stage).stat()
            found.append((status.st_dev, status.st_ino, status.st_ctime_ns))
        except OSError:
            found.append(None)
    return found


def _check_stage(
    experiment: Experiment, stage: str, parent_is_sound: bool, read: _ReadProgress
) -> Iterator[CheckResult]:
    """Verify the files of a stage, and verify that it is not stale.

    If its parent stage is not damaged (`parent_is_sound`), also verify its content.
    """
    directory = experiment.directory(stage)
    again = f"run {shell_command(COMMAND[stage], experiment.name)}" + ("" if stage == "index" else " --force")
    if not directory.exists():
        return
    if not experiment.has(stage):
        yield _finding(experiment, stage, "damaged", f"{MANIFEST} is missing: {again}")
        return
    try:
        manifest = experiment.manifest(stage)
    except NOT_READ as error:
        yield _unchecked(experiment, f"{stage}/{MANIFEST}", error)
        return
    except SgpError as error:
        yield _finding(experiment, f"{stage}/{MANIFEST}", "damaged", f"{_problem(error)}: {again}")
        return
    is_damaged = False
    for finding in _check_files(experiment, manifest, read):
        is_damaged = True
        yield finding
    if is_damaged:
        return
    try:
        experiment.current(stage)
    except SgpError as error:
        if parent_is_sound or not experiment.directory(str(PARENT[stage])).exists():
            yield _finding(experiment, stage, "stale", error)
        return
    if parent_is_sound:
        try:
            require_sound_content(experiment, manifest)
        except NOT_READ as error:
            yield _unchecked(experiment, stage, error)
        except SgpError as error:
            again = f"run {remake_command(experiment.name, manifest)}"
            damage = f"{error.problem}: {again}" if isinstance(error, DamagedFileError) else error
            yield _finding(experiment, stage, "damaged", damage)


def _check_files(experiment: Experiment, manifest: Manifest, read: _ReadProgress) -> Iterator[CheckResult]:
    """Compare the files of a stage with its manifest and, if there is no difference, the manifest with its digest."""
    stage, directory = manifest.stage, experiment.directory(manifest.stage)
    again = f"run {remake_command(experiment.name, manifest)}"
    is_damaged = False
    for name in sorted({*manifest.files, *(path.name for path in directory.iterdir())} - {MANIFEST}):
        read.next(experiment, directory / name)
        try:
            if difference := difference_from_manifest(directory, name, manifest.files.get(name)):
                is_damaged = True
                yield _finding(experiment, f"{stage}/{name}", "damaged", f"{difference}: {again}")
        except NOT_READ as error:
            is_damaged = True
            yield _unchecked(experiment, f"{stage}/{name}", error)
    if not is_damaged and digest_of(manifest) != manifest.digest:
        yield _finding(experiment, f"{stage}/{MANIFEST}", "damaged", f"checksum mismatch: {again}")


def difference_from_manifest(directory: Path, name: str, published: dict[str, Any] | None) -> str | None:
    """Describe how a file differs from its manifest entry, or return None if it does not.

    Raises:
        StorageError: the file cannot be read.
    """
    path = directory / name
    if published is None:
        return "file is not listed in the manifest"
    with storage_errors(path, "read"):
        if path.is_symlink() or not path.is_file():
            return "file is missing" if not path.exists() else "not a regular file"
        size = path.stat().st_size
    if size != published.get("bytes"):
        return f"wrong size: {size:,} bytes instead of {published.get('bytes')}"
    return "checksum mismatch" if file_sha256(path) != published.get("sha256") else None


def _check_other_files(experiment: Experiment) -> Iterator[CheckResult]:
    """Verify the files outside the stages: the checkpoint of an unfinished run, and evaluation reports."""
    try:
        checkpoint = read_checkpoint(experiment.path)
        if checkpoint is not None:
            corpus = experiment.manifest("corpus").digest if experiment.has("corpus") else checkpoint.corpus
            yield _finding(experiment, CHECKPOINT, "unfinished", report_on_run(experiment.path, corpus))
    except NOT_READ as error:
        yield _unchecked(experiment, CHECKPOINT, error)
    except SgpError as error:
        yield _finding(experiment, CHECKPOINT, "damaged", error)
    for path in sorted((experiment.path / EVALUATION).glob("*.json")):
        try:
            read_json(path)
        except NOT_READ as error:
            yield _unchecked(experiment, f"{EVALUATION}/{path.name}", error)
        except SgpError as error:
            again = "restore it from a backup, or delete it"
            yield _finding(experiment, f"{EVALUATION}/{path.name}", "damaged", f"{_problem(error)}; {again}")


def _check_leftovers(experiment: Experiment, clean: bool) -> Iterator[CheckResult]:
    """List files left behind by killed runs, and remove them if `clean` is set."""
    below = [experiment.path, experiment.path / EVALUATION, experiment.path / EVALUATION / MODELS]
    there = [path for directory in below if directory.is_dir() for path in leftovers(directory)]
    if (experiment.path / NEW_DESCRIPTION).exists():
        there.append(experiment.path / NEW_DESCRIPTION)
    if there and clean:
        with experiment.writing("check"):
            for path in there:
                remove(path)
    for path in there:
        outcome = (
            "removed" if clean else f"{shell_command('check', experiment.name, '--clean')} or the next run removes it"
        )
        place = str(path.relative_to(experiment.path))
        yield _finding(experiment, place, "leftover", f"left behind by a killed run: {outcome}")


def _check_root(root: Path, name: str, clean: bool) -> Iterator[CheckResult]:
    """List the leftovers of killed runs of copy, unpack and rm; with `clean`, remove them.

    Args:
        root: the experiments directory.
        name: name of an experiment, or empty for all.
        clean: whether to remove the leftovers.

    Raises:
        StorageError: a file cannot be removed.
    """
    try:
        there = leftovers(root, name)
    except OSError:  # no error: single experiments may be readable even if the directory `root` cannot be listed
        return
    for path in there:
        if clean:
            with storage_errors(path, "remove"):
                remove(path)
        outcome = "removed" if clean else "sgp check --clean removes it"
        what = f"left behind by a killed run: {outcome}"
        yield CheckResult(place_of_draft(path.name), path.name, "leftover", what)
