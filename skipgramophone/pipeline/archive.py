"""Copies, renames, packs and unpacks experiments.

An archive is a zip file that contains all files of an experiment except its lock and its temporary files. An archive
may come from an untrusted person. Therefore the names of its members are checked before anything is unpacked, and the
members are written as plain files into a temporary directory. This directory becomes the experiment only if all
checksums match.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from skipgramophone.errors import (
    DamagedFileError,
    ExperimentError,
    SourceError,
    StorageError,
    reason_of,
    storage_errors,
)
from skipgramophone.experiment.arrays import read_array
from skipgramophone.experiment.embeddings import CENTRE
from skipgramophone.experiment.experiment import DESCRIPTION, Experiment, open_experiment
from skipgramophone.experiment.json_files import read_json
from skipgramophone.experiment.lock import LOCK
from skipgramophone.experiment.manifest import LONGEST_PART, MANIFEST, PARENT, require_format
from skipgramophone.experiment.new_experiment import NEW_DESCRIPTION, free_path, write_description
from skipgramophone.experiment.new_files import copy_to_new_file
from skipgramophone.experiment.publishing import (
    draft_directory,
    is_draft,
    publish_new,
    published_file,
    require_replaceable,
)
from skipgramophone.exporters import CARD
from skipgramophone.lookup.annoy_index import FILE as INDEX_FILE
from skipgramophone.lookup.annoy_index import require_sound_nodes, usable
from skipgramophone.pipeline.check import difference_from_manifest
from skipgramophone.pipeline.model_card import GENERATED_START, card_of
from skipgramophone.wording import shell_command

DEEPEST = 8  # maximum number of parts (directories and file name) in the path of a member
COMPRESSION = 1  # lowest compression level, because vectors hardly compress, and names compress well at any level
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError)
AGAIN = "copy or download it again"


def copy_experiment(name: str, new: str, experiments_dir: Path | str | None = None) -> None:
    """Copy an experiment, completely or not at all.

    Raises:
        ExperimentError: the experiment does not exist or is being written, or the new name is taken or not valid.
        StorageError: the disk failed, or is full.
    """
    experiment, place = open_experiment(name, experiments_dir, to_manage=True), free_path(new, experiments_dir)
    with experiment.writing("experiments copy"), draft_directory(place) as draft:
        for path in _files(experiment):
            target = draft / path.relative_to(experiment.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            copy_to_new_file(path, target)
            shutil.copystat(path, target)  # keep modification times: the record of verified indexes uses them
        _describe(draft, new)
        publish_new(draft, place)


def rename_experiment(name: str, new: str, experiments_dir: Path | str | None = None) -> None:
    """Rename an experiment.

    Raises:
        ExperimentError: the experiment does not exist or is being written, or the new name is taken or not valid.
        StorageError: the disk failed.
    """
    experiment, place = open_experiment(name, experiments_dir, to_manage=True), free_path(new, experiments_dir)
    with experiment.writing("experiments rename"), storage_errors(place, "write"):
        experiment.path.rename(place)
        _describe(place, new)


def pack_experiment(
    name: str, archive: Path | str, *, force: bool = False, experiments_dir: Path | str | None = None
) -> int:
    """Pack an experiment and its card into a zip archive, read the archive back, and return its size in bytes.

    A `card.md` in the experiment is replaced by a new card, unless the user wrote or edited it.

    Raises:
        ExperimentError: the experiment does not exist, is being written or is damaged, or the archive exists.
        StorageError: the disk failed, or the archive differs from the experiment when it is read back.
    """
    experiment, archive = open_experiment(name, experiments_dir, to_manage=True), Path(archive)
    require_replaceable(archive, force)
    with experiment.writing("experiments pack"), published_file(archive) as draft:
        if damage := _damage(experiment):
            raise ExperimentError(
                f"'{name}' is damaged and is not packed, because an archive of it could not be unpacked: {damage}; "
                f"run {shell_command('check', name)} to list all damage"
            )
        files = sorted(_files(experiment))
        with zipfile.ZipFile(draft, "x", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION) as packed:
            if not _has_own_card(experiment):
                files = [path for path in files if path != experiment.path / CARD]
                card = zipfile.ZipInfo(CARD)
                card.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(card, card_of(experiment).encode("utf-8", "backslashreplace"))
            for path in files:
                member = zipfile.ZipInfo(path.relative_to(experiment.path).as_posix())  # no time stamp
                member.compress_type, member.file_size = zipfile.ZIP_DEFLATED, path.stat().st_size
                with path.open("rb") as source, packed.open(member, "w") as target:
                    shutil.copyfileobj(source, target, 1 << 20)
        with zipfile.ZipFile(draft) as packed:
            damaged = packed.testzip()
        if damaged is not None:
            raise StorageError(f"{archive} is damaged, although it was just written: {damaged}; check the disk")
    return archive.stat().st_size


def unpack_experiment(archive: Path | str, name: str | None = None, experiments_dir: Path | str | None = None) -> str:
    """Unpack an experiment, completely or not at all, and return the name of the new experiment.

    The name is `name` if it is given, otherwise the name in the archive.

    Raises:
        SourceError: the file is not a packed experiment, or is damaged.
        ExperimentError: the name is taken or not valid, or a later version wrote the archive.
        StorageError: the disk failed or has too little space.
    """
    archive = Path(archive)
    with storage_errors(archive, "read"):
        if not archive.is_file():
            raise SourceError(f"{archive} is not a file")
    try:
        with zipfile.ZipFile(archive) as packed:
            members = _members(archive, packed)
            described = json.loads(packed.read(DESCRIPTION))
            if not isinstance(described, dict) or not isinstance(described.get("name"), str):
                raise SourceError(f"{archive} is not a packed experiment: its {DESCRIPTION} is damaged; {AGAIN}")
            require_format(archive, described)
            name = name or described["name"]
            place = free_path(name, experiments_dir, cure="choose another name with --name NEW")
            with storage_errors(place, "make"):
                place.parent.mkdir(parents=True, exist_ok=True)
                needed, free = sum(member.file_size for member in members), shutil.disk_usage(place.parent).free
            if needed > free:
                raise StorageError(f"cannot write {place}: this needs {needed:,} bytes, but only {free:,} are free")
            with draft_directory(place) as draft:
                for member in members:
                    if member.filename == CARD and _is_generated(packed, member):
                        continue  # not unpacked, because sgp can write this card again from the other files
                    target = draft / member.filename
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with packed.open(member) as source, target.open("xb") as file:
                        shutil.copyfileobj(source, file, 1 << 20)
                _require_as_published(archive, Experiment(name, draft))
                _describe(draft, name)
                publish_new(draft, place)
    except DamagedFileError as error:
        raise SourceError(f"{error.problem}; {AGAIN}") from error
    except (*DAMAGE, ValueError, RecursionError) as error:
        raise SourceError(
            f"{archive} is not a packed experiment, or is damaged: {reason_of(error)}; {AGAIN}"
        ) from error
    return name


def _has_own_card(experiment: Experiment) -> bool:
    """Return whether the experiment has a card that the user wrote or edited."""
    path = experiment.path / CARD
    with storage_errors(path, "read"):
        return path.is_file() and not path.read_bytes().startswith(GENERATED_START.encode())


def _is_generated(packed: zipfile.ZipFile, card: zipfile.ZipInfo) -> bool:
    """Return whether the card in an archive was written by sgp and has not been edited."""
    with packed.open(card) as file:
        return file.read(len(GENERATED_START.encode())) == GENERATED_START.encode()


def _files(experiment: Experiment) -> Iterator[Path]:
    """Yield all files of an experiment except its lock and temporary files.

    Raises:
        ExperimentError: the directory contains something other than regular files.
    """
    with storage_errors(experiment.path, "read"):
        for path in experiment.path.rglob("*"):
            if not _is_kept(path.relative_to(experiment.path).parts):
                continue
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise ExperimentError(f"{path} is not a regular file or directory: move it out of the experiment first")
            if path.is_file():
                yield path


def _is_kept(parts: Sequence[str]) -> bool:
    """Return whether a path in an experiment is part of an archive: it is neither the lock nor a temporary file."""
    return parts[0] not in (LOCK, NEW_DESCRIPTION) and not any(is_draft(part) for part in parts)


def _members(archive: Path, packed: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the members of an archive, after checking that their names are safe.

    A name is safe if it is a short relative path without "..", and belongs to a regular file of an experiment.

    Raises:
        SourceError: a name is unsafe or appears twice.
    """
    members = packed.infolist()
    names: set[str] = set()
    for member in members:
        path, name = PurePosixPath(member.filename), member.filename
        parts = path.parts
        plain = path.as_posix() == name and not path.is_absolute() and name.isprintable() and "\\" not in name
        short = 1 <= len(parts) <= DEEPEST and all(len(part.encode()) <= LONGEST_PART for part in parts)
        # the file type in the Unix mode; 0 if the archive was not made on Unix
        kind = member.external_attr >> 16 & 0o170000
        safe = plain and short and ".." not in parts and _is_kept(parts) and kind in (0, 0o100000)
        if not safe or name in names:
            raise SourceError(f"{archive} is not a valid archive: unsafe member {name!r}")
        names.add(name)
    if DESCRIPTION not in names:
        raise SourceError(f"{archive} is not a packed experiment: it has no {DESCRIPTION}")
    return members


def _damage(experiment: Experiment) -> str | None:
    """Describe the first file that differs from the manifest of its stage; return None if no file differs."""
    for stage in PARENT:
        if not experiment.has(stage):
            continue
        directory = experiment.directory(stage)
        try:
            listed = experiment.manifest(stage).files
        except ExperimentError:  # The message of the error is not shown, because it may name a temporary directory.
            return f"invalid {stage}/{MANIFEST}"
        for name in sorted({*listed, *(path.name for path in directory.iterdir())} - {MANIFEST}):
            if wrong := difference_from_manifest(directory, name, listed.get(name)):
                return f"{stage}/{name}: {wrong}"
    return None


def _require_as_published(archive: Path, experiment: Experiment) -> None:
    """Verify that each stage contains exactly the files that its manifest lists, and restore modification times.

    Raises:
        SourceError: a file is missing, unlisted or damaged, or a manifest is damaged.
    """
    if damage := _damage(experiment):
        raise SourceError(f"{archive} is damaged: {damage}; {AGAIN}")
    for stage in filter(experiment.has, PARENT):
        for name, listed in experiment.manifest(stage).files.items():
            time = listed.get("modified_ns")
            if isinstance(time, int) and 0 <= time < 1 << 63:
                os.utime(experiment.directory(stage) / name, ns=(time, time))
    if experiment.has("model") and experiment.has("index"):
        centre = read_array(experiment.directory("model") / CENTRE, np.float32, 2)
        facts = usable(experiment.manifest("index").facts, centre)
        # If the index cannot be used, its content is not checked, because look-ups never open it.
        if facts is not None:
            require_sound_nodes(experiment.directory("index") / INDEX_FILE, facts)


def _describe(directory: Path, name: str) -> None:
    """Store a new name of an experiment in its description file."""
    write_description(directory, read_json(directory / DESCRIPTION) | {"name": name})
