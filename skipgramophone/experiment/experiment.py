"""The experiment directory: where things lie, what each stage says of itself, and how one follows from another.

    experiment.json          format, name, created, version; written once
    corpus/ model/ index/    the stages, each with a manifest.json
    .lock                    held by the one writer: pid, command, host

A stage is published as a whole (see `publishing`). Its manifest holds a digest of its content (file hashes and
settings, no times) and the digest of the stage it was made from, so that a stale stage is known for what it is.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import socket
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import IO, Any

from skipgramophone import __version__
from skipgramophone.errors import ExperimentError, storage_errors
from skipgramophone.experiment.publishing import draft_directory, file_sha256, is_draft, publish, remove_leftovers
from skipgramophone.settings import DEFAULT_ROOT, ROOT_VARIABLE

FORMAT = 1
PARENT = {"corpus": None, "model": "corpus", "index": "model"}
COMMAND = {"corpus": "extract", "model": "train", "index": "index"}
MANIFEST = "manifest.json"
DESCRIPTION = "experiment.json"
NEW_DESCRIPTION = ".experiment.json.new"
LOCK = ".lock"
FORMER = "former"  # the fact by which a corpus names those that it has grown from, each with its digest
LONGEST_PART = 255  # bytes of a name that a file system takes
LONGEST_NAME = 200  # of an experiment: drafts and exports need a few


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a published stage says of itself."""

    stage: str
    digest: str
    parent: str | None  # digest of the stage it was made from
    settings: dict[str, Any]
    files: dict[str, dict[str, Any]]  # name -> bytes, sha256, modified_ns
    facts: dict[str, Any]  # what the run found out: counts, times, versions
    created: str

    @property
    def former(self) -> dict[str | None, dict[str, Any]]:
        """What stood in its place before it grew: digest -> what is kept of that."""
        listed = self.facts.get(FORMER)
        known = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        return {each["digest"]: each for each in known if isinstance(each.get("digest"), str)}


@dataclass(slots=True)
class Draft:
    """A stage being written: put files into `path` and what is worth knowing into `facts`."""

    path: Path
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Experiment:
    """A directory of stages."""

    name: str
    path: Path

    def directory(self, stage: str) -> Path:
        """Where a stage lies, present or not."""
        return self.path / stage

    def has_description(self) -> bool:
        """Whether the directory is an experiment's."""
        with storage_errors(self.path, "read"):
            return (self.path / DESCRIPTION).is_file()

    def has(self, stage: str) -> bool:
        """Whether a stage has been published."""
        with storage_errors(self.directory(stage), "read"):
            return (self.directory(stage) / MANIFEST).is_file()

    def require_new(self, stage: str, force: bool) -> None:
        """Refuse to replace a stage unasked.

        Raises:
            ExperimentError: the stage exists, and `force` does not hold.
        """
        if self.has(stage) and not force:
            raise ExperimentError(
                f"experiment '{self.name}' already has its {stage}; --force replaces it, another name keeps both"
            )

    def manifest(self, stage: str) -> Manifest:
        """Read what a stage says of itself.

        Raises:
            ExperimentError: the stage is absent, damaged, or of a format this version does not know.
        """
        path = self.directory(stage) / MANIFEST
        if not self.has(stage):
            raise ExperimentError(f"experiment '{self.name}' has no {stage} yet: run sgp {COMMAND[stage]} {self.name}")
        content = read_json(path)
        require_format(path, content)
        try:
            manifest = Manifest(**{name: content[name] for name in Manifest.__slots__})
        except KeyError as error:
            raise ExperimentError(f"{path} is damaged: it has no {error.args[0]!r}") from error
        objects = (manifest.settings, manifest.files, manifest.facts)
        is_its_own = manifest.stage == stage and isinstance(manifest.digest, str)
        is_sound = is_its_own and isinstance(manifest.parent, str | None)
        if not is_sound or not all(isinstance(part, dict) for part in objects) or not _names_files(manifest.files):
            raise ExperimentError(f"{path} is damaged: its parts are not what they must be")
        return manifest

    def is_intact(self, manifest: Manifest, name: str) -> bool:
        """Whether a file of a stage is the one that its manifest was published with.

        Its size must be. If its time is not, it may be a copy: then its hash must be. What this leaves is a file whose
        bytes have changed and whose size and time have not.
        """
        path, published = self.directory(manifest.stage) / name, manifest.files.get(name, {})
        try:
            status = path.stat()
        except OSError:
            return False
        if status.st_size != published.get("bytes"):
            return False
        return status.st_mtime_ns == published.get("modified_ns") or file_sha256(path) == published.get("sha256")

    def current(self, stage: str) -> Manifest:
        """Read a stage's manifest, insisting that it was made from its parent as it is now.

        Raises:
            ExperimentError: the stage is absent, or was made from a parent that has since been replaced.
        """
        manifest, parent = self.manifest(stage), PARENT[stage]
        if parent is None:
            return manifest
        made_from = self.manifest(parent)
        again = f"sgp {COMMAND[stage]} {self.name} --force"
        if manifest.parent in made_from.former:
            raise ExperimentError(
                f"the {parent} of '{self.name}' has grown since its {stage} was made: "
                f"run {again} --from {self.name}, which goes on from its vectors, or {again}"
            )
        if manifest.parent != made_from.digest:
            raise ExperimentError(
                f"the {stage} of '{self.name}' was made from another {parent} than the present one: run {again}"
            )
        return manifest

    def of_another_size(self, *manifests: Manifest) -> str | None:
        """What is wrong with the size of a file that stages were published with; None where nothing is."""
        for manifest in manifests:
            for name, published in manifest.files.items():
                path = self.directory(manifest.stage) / name
                size = path.stat().st_size if path.is_file() else None
                if size != published.get("bytes"):
                    told = "it is missing" if size is None else f"it has {size:,} bytes, and was published with others"
                    cure = f"run sgp {COMMAND[manifest.stage]} {self.name} --force"
                    return f"{path} is damaged: {told}; {cure}"
        return None

    @contextmanager
    def publishing(self, stage: str, settings: Mapping[str, Any]) -> Iterator[Draft]:
        """Write a stage: fill the draft inside the block, and it is published at the end of it."""
        parent = PARENT[stage]
        made_from = self.manifest(parent).digest if parent else None
        with draft_directory(self.directory(stage)) as path:
            draft = Draft(path)
            yield draft
            _write_manifest(draft, stage, made_from, dict(settings))
            publish(path, self.directory(stage))

    @contextmanager
    def writing(self, command: str) -> Iterator[None]:
        """Hold the experiment's lock while `command` writes; the system lets go of a dead writer's by itself.

        Raises:
            ExperimentError: another process is writing this experiment.
        """
        with self._locked() as lock:
            held = {"pid": os.getpid(), "command": f"sgp {command} {self.name}", "host": socket.gethostname()}
            with storage_errors(self.path / LOCK, "write"):
                lock.truncate(0)
                os.write(lock.fileno(), json.dumps(held).encode())  # what is left in a buffer fails again when closed
                remove_leftovers(self.path)
            try:
                yield
            finally:
                lock.truncate(0)

    @contextmanager
    def _locked(self) -> Iterator[IO[str]]:
        """Open the lock file and lock it; once more if it was removed in between."""
        path = self.path / LOCK
        while True:
            with storage_errors(path, "write"):
                lock = path.open("a+", encoding="utf-8")
            with lock:
                with storage_errors(path, "lock"):
                    try:
                        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError as error:
                        raise ExperimentError(
                            f"experiment '{self.name}' is being written by {_holder(path)}"
                        ) from error
                    there = path.exists() and os.path.samestat(os.fstat(lock.fileno()), path.stat())
                if there:
                    yield lock
                    return


def experiments_root(given: Path | str | None = None) -> Path:
    """The directory that holds experiments: as given, else $SGP_EXPERIMENTS, else ./experiments."""
    return Path(given or os.environ.get(ROOT_VARIABLE) or DEFAULT_ROOT)


def open_experiment(name: str, root: Path | str | None = None) -> Experiment:
    """Open an experiment that exists.

    Raises:
        ExperimentError: the name cannot be one, there is no such experiment, or it is of a format this version does
            not know.
    """
    experiment = named_experiment(name, root)
    if not experiment.has_description():
        raise ExperimentError(
            f"there is no experiment '{name}' in {experiment.path.parent}: run sgp extract {name} SOURCE"
        )
    require_format(experiment.path / DESCRIPTION, read_json(experiment.path / DESCRIPTION))
    return experiment


def experiments_in(root: Path | str | None = None) -> list[Experiment]:
    """All experiments of a directory, by name; what a killed run was about to put there is none.

    Raises:
        ExperimentError: the directory is not there.
        StorageError: it cannot be read.
    """
    place = experiments_root(root)
    if not place.is_dir():
        raise ExperimentError(f"there are no experiments in {place}: run sgp extract NAME SOURCE")
    with storage_errors(place, "read"):
        found = [Experiment(path.name, path) for path in sorted(place.iterdir()) if not is_draft(path.name)]
    return [experiment for experiment in found if experiment.has_description()]


@contextmanager
def new_experiment(name: str, root: Path | str | None = None, command: str = COMMAND["corpus"]) -> Iterator[Experiment]:
    """Open an experiment to write its first stage, making it if need be; unless a stage is published, it is unmade.

    Raises:
        ExperimentError: the name cannot be one, something else stands in its place, or it is of a format this version
            does not know.
        StorageError: the directory cannot be made.
    """
    experiment = named_experiment(name, root)
    with storage_errors(experiment.path, "make"):
        experiment.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            experiment.path.mkdir()
            made = True
        except FileExistsError:
            made = False
        if not made and _is_foreign(experiment.path):
            raise ExperimentError(f"{experiment.path} exists and is no experiment: give another name")
    with experiment.writing(command):
        try:
            if (experiment.path / DESCRIPTION).is_file():
                require_format(experiment.path / DESCRIPTION, read_json(experiment.path / DESCRIPTION))
            else:
                _describe(experiment)
            yield experiment
        finally:
            if made and not any(experiment.has(stage) for stage in PARENT):
                _unmake(experiment)


def new_place(name: str, root: Path | str | None = None) -> Path:
    """Where an experiment of a new name is to lie.

    Raises:
        ExperimentError: the name cannot be one, or is taken.
    """
    place = named_experiment(name, root).path
    with storage_errors(place, "read"):
        if place.exists() or place.is_symlink():
            raise ExperimentError(f"{place} exists: give another name")
    return place


def named_experiment(name: str, root: Path | str | None = None) -> Experiment:
    """Check an experiment's name and place it under the root, there or not.

    Raises:
        ExperimentError: the name cannot be one.
    """
    if not name or name.startswith((".", "-")) or "/" in name or "\\" in name:
        raise ExperimentError(f"{name!r} cannot be an experiment's name: give one word, not a path")
    if any(unicodedata.category(letter).startswith("C") for letter in name):
        raise ExperimentError(f"{name!r} cannot be an experiment's name: it holds control characters")
    if len(name.encode()) > LONGEST_NAME:
        raise ExperimentError(f"{name[:40] + '…'!r} cannot be an experiment's name: it is over {LONGEST_NAME} bytes")
    return Experiment(name, experiments_root(root) / name)


def _is_foreign(path: Path) -> bool:
    """Whether a path holds something that is not ours; what a killed `new_experiment` left is ours."""
    if not path.is_dir():
        return True
    names = {inside.name for inside in path.iterdir()}
    return DESCRIPTION not in names and bool(names - {LOCK, NEW_DESCRIPTION})


def _describe(experiment: Experiment) -> None:
    """Write experiment.json."""
    described = {"format": FORMAT, "name": experiment.name, "created": now(), "version": __version__}
    path = experiment.path / DESCRIPTION
    with storage_errors(path, "write"):
        write_description(experiment.path, described)


def write_description(directory: Path, described: Mapping[str, Any]) -> None:
    """Put an experiment.json into its place in one step."""
    beside = directory / NEW_DESCRIPTION
    write_json(beside, described)
    beside.replace(directory / DESCRIPTION)


def _unmake(experiment: Experiment) -> None:
    """Remove a new experiment into which nothing was published."""
    for name in (LOCK, DESCRIPTION, NEW_DESCRIPTION):
        (experiment.path / name).unlink(missing_ok=True)
    try:
        experiment.path.rmdir()
    except OSError:
        return  # something else has been put there: it is not ours to remove


def _names_files(listed: dict[str, Any]) -> bool:
    """Whether what a manifest lists are names that lead to no other place, each with what is known of the file."""
    return all(
        isinstance(published, dict)
        and name.isprintable()
        and PurePath(name).name == name
        and len(name.encode()) <= LONGEST_PART
        for name, published in listed.items()
    )


def _write_manifest(draft: Draft, stage: str, parent: str | None, settings: dict[str, Any]) -> None:
    """Hash the files of a draft as they read back, and write its manifest."""
    files = {
        path.name: {
            "bytes": path.stat().st_size,
            "sha256": file_sha256(path),
            "modified_ns": path.stat().st_mtime_ns,
        }
        for path in sorted(draft.path.iterdir())
    }
    manifest = Manifest(stage, "", parent, settings, files, draft.facts, now())
    manifest = replace(manifest, digest=digest_of(manifest))
    written = {"format": FORMAT, **asdict(manifest)}
    text = json.dumps(written, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    (draft.path / MANIFEST).write_text(text, encoding="utf-8")


def digest_of(manifest: Manifest) -> str:
    """The digest of a stage's content: its files but for logs, its settings, the stage that it was made from."""
    content = {
        "stage": manifest.stage,
        "parent": manifest.parent,
        "settings": manifest.settings,
        "files": {name: file["sha256"] for name, file in manifest.files.items() if not name.endswith(".log")},
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def require_format(path: Path, content: Mapping[str, Any]) -> None:
    """Refuse what a later version wrote."""
    if content.get("format") != FORMAT:
        raise ExperimentError(f"{path} has format {content.get('format')!r}; this sgp reads format {FORMAT}")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object."""
    try:
        with storage_errors(path, "read"):
            content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ExperimentError(f"{path} is damaged: {error}") from error
    if not isinstance(content, dict):
        raise ExperimentError(f"{path} is damaged: not a JSON object")
    return content


def _holder(lock: Path) -> str:
    """Who holds a lock, as far as its file tells."""
    try:
        held = json.loads(lock.read_text(encoding="utf-8"))
        return f"process {held['pid']} on {held['host']} ({held['command']}): wait for it or stop it"
    except (ValueError, KeyError, TypeError, OSError):
        return "another process: wait for it or stop it"


def write_json(path: Path, record: Mapping[str, Any]) -> None:
    """Write a JSON object for people to read, too."""
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_lines(path: Path, records: Sequence[dict[str, Any]], after: Path | None = None) -> None:
    """Write JSON lines, behind those of another file."""
    if after:
        shutil.copyfile(after, path)
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def now() -> str:
    """The present time, ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
