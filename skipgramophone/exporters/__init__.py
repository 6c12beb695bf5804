"""Writers of embeddings, one a format: written beside, read back and compared, then moved in."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Any

from skipgramophone.errors import ExperimentError, storage_errors
from skipgramophone.experiment.publishing import draft_directory, publish, published_file, require_replaceable
from skipgramophone.exporters import manifest
from skipgramophone.exporters.formats import FORMATS, format_of, require_room, require_text, shown
from skipgramophone.exporters.manifest import MANIFEST, manifest_file
from skipgramophone.exporters.vectors import TrackVectors
from skipgramophone.word2vec_format import names_file

__all__ = ["FORMATS", "beside", "format_of", "require_room", "require_text", "require_writable", "shown", "write"]

NOTHING: Mapping[str, Any] = MappingProxyType({})


def beside(destination: Path, format: str) -> list[Path]:
    """The files that an export writes beside the destination: the names, of some formats, and the manifest."""
    if FORMATS[format].is_directory:
        return []
    return [*([names_file(destination)] if FORMATS[format].write_names else []), manifest_file(destination)]


def require_writable(destination: Path, format: str, force: bool) -> None:
    """Refuse a destination that would overwrite something unasked, or is no place for a file.

    Raises:
        ExperimentError: the destination exists and `force` does not hold, or it is no regular file.
    """
    if FORMATS[format].is_directory:
        _require_own_directory(destination, force)
    else:
        for path in (destination, *beside(destination, format)):
            require_replaceable(path, force)


def _require_own_directory(destination: Path, force: bool) -> None:
    """Refuse a directory that holds anything but what the manifest of an export in it lists."""
    with storage_errors(destination, "write"):
        if not destination.parent.is_dir():
            raise ExperimentError(f"cannot write {destination}: there is no directory {destination.parent}")
        if destination.is_symlink() or (destination.exists() and not destination.is_dir()):
            raise ExperimentError(f"cannot write {destination}: it is not a directory")
        if destination.exists() and not force:
            raise ExperimentError(f"{destination} already exists: choose another path, or replace it with --force")
        there = {path.relative_to(destination).as_posix() for path in _files_in(destination)}
        listed = manifest.files_of(destination / MANIFEST)
    others = sorted(there - ({MANIFEST, *listed} if listed else set()))
    if others:
        raise ExperimentError(f"cannot replace {destination}: it holds {others[0]!r}, which is none of the export's")


def write(
    destination: Path, format: str, vectors: TrackVectors, force: bool = False, about: Mapping[str, Any] = NOTHING
) -> int:
    """Write vectors in a format, with a manifest, and return the number of bytes of all its files.

    Args:
        destination: the file, or the directory, to write.
        format: one of `FORMATS`.
        vectors: what to write.
        force: replace what is there.
        about: what the manifest is to say of where they come from.

    Raises:
        ExperimentError: the destination is refused (see `require_writable`).
        StorageError: the file system failed, or what was read back is not what was written.
    """
    require_writable(destination, format, force)
    write_vectors, write_names = FORMATS[format].write, FORMATS[format].write_names
    held = list(vectors.matrices("centre", "context")) if FORMATS[format].has_both else [vectors.single()[0]]
    about = {**about, "matrices": held}
    if FORMATS[format].is_directory:
        with draft_directory(destination) as directory:
            facts = write_vectors(directory, vectors) or NOTHING
            files = {path.relative_to(directory).as_posix(): path for path in _files_in(directory)}
            manifest.write(directory / MANIFEST, format, vectors, files, {**about, **facts})
            publish(directory, destination)
        return sum(path.stat().st_size for path in _files_in(destination))
    places = [destination, *beside(destination, format)]
    with ExitStack() as published:  # all are moved in when all are written and compared
        *drafts, described = [published.enter_context(published_file(path)) for path in places]
        facts = write_vectors(drafts[0], vectors) or NOTHING
        if write_names:
            write_names(drafts[1], vectors)
        files = {place.name: draft for place, draft in zip(places, drafts, strict=False)}
        manifest.write(described, format, vectors, files, {**about, **facts})
    return sum(path.stat().st_size for path in places)


def _files_in(directory: Path) -> list[Path]:
    """All below a directory that is no directory itself."""
    return [path for path in directory.rglob("*") if path.is_symlink() or not path.is_dir()]
