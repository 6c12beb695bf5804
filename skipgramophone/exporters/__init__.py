"""Writers of embeddings, one a format: written beside, read back and compared, then moved in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType

from skipgramophone.errors import ExperimentError, SettingError, storage_errors
from skipgramophone.exporters import csv, jsonl, npz, parquet, safetensors, word2vec
from skipgramophone.exporters.vectors import TrackVectors
from skipgramophone.publishing import published_file
from skipgramophone.word2vec import names_file

Writer = Callable[[Path, TrackVectors], None]
FORMATS: MappingProxyType[str, Writer] = MappingProxyType(
    {
        "csv": csv.write,
        "jsonl": jsonl.write,
        "npz": npz.write,
        "parquet": parquet.write,
        "safetensors": safetensors.write,
        "tsv": csv.write_tabbed,
        "word2vec": word2vec.write_text,
        "word2vec-binary": word2vec.write_binary,
    }
)
SUFFIXES = MappingProxyType({"vec": "word2vec", "bin": "word2vec-binary"})  # of formats that are not called as theirs
IN_CELLS = frozenset({"csv", "tsv"})  # formats that spreadsheets open
WITH_NEIGHBOURS = frozenset({"parquet"})  # formats that have room for neighbours
WITH_NAMES = frozenset({"word2vec", "word2vec-binary"})  # formats whose names lie in a file beside


def format_of(destination: Path, given: str | None) -> str:
    """The format to write: as given, else by the suffix of the destination.

    Raises:
        SettingError: neither names a format that there is.
    """
    suffix = destination.suffix.lower().removeprefix(".")
    name = given or SUFFIXES.get(suffix, suffix)
    if name not in FORMATS:
        known = ", ".join(FORMATS)
        asked = f"format {given!r}" if given else f"suffix of {destination.name!r}"
        raise SettingError(f"{asked} is not one that sgp writes ({known}): name one with --format")
    return name


def files_of(destination: Path, format: str) -> list[Path]:
    """The files that an export writes: the destination, and for some formats the names beside it."""
    return [destination, *([names_file(destination)] if format in WITH_NAMES else [])]


def require_writable(destination: Path, format: str, force: bool) -> None:
    """Refuse a destination that would overwrite something unasked, or is no place for a file.

    Raises:
        ExperimentError: the destination exists and `force` does not hold, or it is no regular file.
    """
    with storage_errors(destination, "write"):
        if not destination.parent.is_dir():
            raise ExperimentError(f"cannot write {destination}: there is no directory {destination.parent}")
        for path in files_of(destination, format):
            if path.is_symlink() or (path.exists() and not path.is_file()):
                raise ExperimentError(f"cannot write {path}: it is not a regular file")
            if path.exists() and not force:
                raise ExperimentError(f"{path} exists; --force replaces it")


def write(destination: Path, format: str, vectors: TrackVectors, force: bool = False) -> int:
    """Write vectors in a format and return the number of bytes, that of the names beside included.

    Raises:
        ExperimentError: the destination is refused (see `require_writable`).
        StorageError: the file system failed, or what was read back is not what was written.
    """
    require_writable(destination, format, force)
    with ExitStack() as published:  # all are moved in when all are written and compared
        draft, *beside = [published.enter_context(published_file(path)) for path in files_of(destination, format)]
        FORMATS[format](draft, vectors)
        for path in beside:
            word2vec.write_names(path, vectors)
    return sum(path.stat().st_size for path in files_of(destination, format))
