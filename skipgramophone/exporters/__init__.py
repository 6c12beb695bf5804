"""Writers of embeddings, one a format: written beside, read back and compared, then moved in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from skipgramophone.errors import ExperimentError, SettingError, storage_errors
from skipgramophone.exporters import csv, npz, parquet
from skipgramophone.exporters.vectors import TrackVectors
from skipgramophone.publishing import published_file

Writer = Callable[[Path, TrackVectors], None]
FORMATS: MappingProxyType[str, Writer] = MappingProxyType(
    {"csv": csv.write, "npz": npz.write, "parquet": parquet.write}
)


def format_of(destination: Path, given: str | None) -> str:
    """The format to write: as given, else by the suffix of the destination.

    Raises:
        SettingError: neither names a format that there is.
    """
    name = given or destination.suffix.lower().removeprefix(".")
    if name not in FORMATS:
        known = ", ".join(FORMATS)
        asked = f"format {given!r}" if given else f"suffix of {destination.name!r}"
        raise SettingError(f"{asked} is not one that sgp writes ({known}): name one with --format")
    return name


def require_writable(destination: Path, force: bool) -> None:
    """Refuse a destination that would overwrite something unasked, or is no place for a file.

    Raises:
        ExperimentError: the destination exists and `force` does not hold, or it is no regular file.
    """
    with storage_errors(destination, "write"):
        if not destination.parent.is_dir():
            raise ExperimentError(f"cannot write {destination}: there is no directory {destination.parent}")
        if destination.is_symlink() or (destination.exists() and not destination.is_file()):
            raise ExperimentError(f"cannot write {destination}: it is not a regular file")
        if destination.exists() and not force:
            raise ExperimentError(f"{destination} exists; --force replaces it")


def write(destination: Path, format: str, vectors: TrackVectors, force: bool = False) -> int:
    """Write vectors in a format and return the number of bytes.

    Raises:
        ExperimentError: the destination is refused (see `require_writable`).
        StorageError: the file system failed, or what was read back is not what was written.
    """
    require_writable(destination, force)
    with published_file(destination) as draft:
        FORMATS[format](draft, vectors)
    return destination.stat().st_size
