"""Export track vectors.

Each file is written under a temporary name next to its destination, read back, compared with the exported data, and
then renamed.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Any

from skipgramophone.errors import ExperimentError, storage_errors
from skipgramophone.experiment.new_files import write_new_text
from skipgramophone.experiment.publishing import draft_directory, publish, published_file, require_replaceable
from skipgramophone.exporters import manifest
from skipgramophone.exporters.formats import FORMATS, format_of, require_supported, require_text, rows_to_write
from skipgramophone.exporters.manifest import MANIFEST, manifest_file
from skipgramophone.exporters.vectors import TrackVectors
from skipgramophone.word2vec_format import names_file

__all__ = [
    "CARD",
    "FORMATS",
    "companion_files",
    "format_of",
    "require_supported",
    "require_text",
    "require_writable",
    "rows_to_write",
    "write",
]

CARD = "card.md"  # Markdown page about the vectors, in the directory of an export and in packed experiments
NOTHING: Mapping[str, Any] = MappingProxyType({})


def companion_files(destination: Path, format: str) -> list[Path]:
    """Return the files that are written next to the destination: the manifest and, in some formats, the names file."""
    if FORMATS[format].is_directory:
        return []
    return [*([names_file(destination)] if FORMATS[format].write_names else []), manifest_file(destination)]


def require_writable(destination: Path, format: str, force: bool) -> None:
    """Raise an error if a destination cannot be written, or has data that must not be overwritten.

    Raises:
        ExperimentError: the destination exists and `force` is false, or the destination must not be replaced. A format
            that writes a file replaces only a regular file; a format that writes a directory replaces only an earlier
            export.
    """
    if FORMATS[format].is_directory:
        _require_replaceable_directory(destination, force)
    else:
        for path in (destination, *companion_files(destination, format)):
            require_replaceable(path, force)


def _require_replaceable_directory(destination: Path, force: bool) -> None:
    """Raise an error if a directory cannot be written, or contains files that do not belong to an earlier export."""
    with storage_errors(destination, "write"):
        if not destination.parent.is_dir():
            raise ExperimentError(f"cannot write {destination}: the directory {destination.parent} does not exist")
        if destination.is_symlink() or (destination.exists() and not destination.is_dir()):
            raise ExperimentError(f"cannot write {destination}: it is not a directory")
        if destination.exists() and not force:
            raise ExperimentError.naming(
                lambda named: (
                    f"{destination} already exists: choose another directory, or replace it with {named('force', True)}"
                )
            )
        found = {path.relative_to(destination).as_posix() for path in _files_in(destination)}
        listed = manifest.files_of(destination / MANIFEST)
    others = sorted(found - ({MANIFEST, *listed} if listed else set()))
    if others:
        raise ExperimentError(
            f"cannot replace {destination}: it contains {others[0]!r}, which is not part of an export; "
            "choose another directory"
        )


def write(
    destination: Path,
    format: str,
    vectors: TrackVectors,
    *,
    force: bool = False,
    about: Mapping[str, Any] = NOTHING,
    card: str | None = None,
) -> int:
    """Write vectors in a format, and their manifest; return the total size of the files in bytes.

    Args:
        destination: the file, or the directory, to write.
        format: one of `FORMATS`.
        vectors: the tracks and vectors to write.
        force: replace an existing export.
        about: manifest entries about the origin of the vectors.
        card: a Markdown page about the vectors. If the export is a directory, the page is a file in it; if the export
            is a single file, the page is stored in the manifest.

    Raises:
        ExperimentError: the destination is refused (see `require_writable`).
        StorageError: the file system failed, or the written file differs from the vectors when it is read back.
    """
    require_writable(destination, format, force)
    write_vectors, write_names = FORMATS[format].write, FORMATS[format].write_names
    matrices = list(vectors.matrices("centre", "context")) if FORMATS[format].has_both else [vectors.single()[0]]
    about = {**about, "matrices": matrices}
    if FORMATS[format].is_directory:
        with draft_directory(destination) as directory:
            facts = write_vectors(directory, vectors) or NOTHING
            if card is not None:
                write_new_text(directory / CARD, card, errors="backslashreplace")
            files = {path.relative_to(directory).as_posix(): path for path in _files_in(directory)}
            manifest.write(directory / MANIFEST, format, vectors, files=files, facts={**about, **facts})
            publish(directory, destination)
        return sum(path.stat().st_size for path in _files_in(destination))
    places = [destination, *companion_files(destination, format)]
    with ExitStack() as published:  # no file is moved into place before all are verified
        *drafts, described = [published.enter_context(published_file(path)) for path in places]
        facts = write_vectors(drafts[0], vectors) or NOTHING
        if write_names:
            write_names(drafts[1], vectors)
        files = {place.name: draft for place, draft in zip(places, drafts, strict=False)}
        page = NOTHING if card is None else {"card": card.encode("utf-8", "backslashreplace").decode("utf-8")}
        manifest.write(described, format, vectors, files=files, facts={**about, **facts, **page})
    return sum(path.stat().st_size for path in places)


def _files_in(directory: Path) -> list[Path]:
    """Return all files and links below a directory."""
    return [path for path in directory.rglob("*") if path.is_symlink() or not path.is_dir()]
