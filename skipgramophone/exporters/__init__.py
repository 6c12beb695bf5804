"""Writers of embeddings, one a format: written beside, read back and compared, then moved in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType

from skipgramophone.errors import ExperimentError, SettingError, storage_errors
from skipgramophone.exporters import annoy, csv, jsonl, npz, parquet, projector, safetensors, word2vec
from skipgramophone.exporters.vectors import TrackVectors
from skipgramophone.publishing import draft_directory, publish, published_file, require_replaceable
from skipgramophone.word2vec import names_file

Writer = Callable[[Path, TrackVectors], None]
FORMATS: MappingProxyType[str, Writer] = MappingProxyType(
    {
        "annoy": annoy.write,
        "csv": csv.write,
        "jsonl": jsonl.write,
        "npz": npz.write,
        "parquet": parquet.write,
        "projector": projector.write,
        "safetensors": safetensors.write,
        "tsv": csv.write_tabbed,
        "word2vec": word2vec.write_text,
        "word2vec-binary": word2vec.write_binary,
    }
)
SUFFIXES = MappingProxyType({"vec": "word2vec", "bin": "word2vec-binary"})  # of formats that are not called as theirs
IN_CELLS = frozenset({"csv", "tsv"})  # formats that spreadsheets open
WITH_NEIGHBOURS = frozenset({"parquet"})  # formats that have room for neighbours
WITH_BOTH = frozenset({"npz", "parquet", "safetensors"})  # formats that hold several matrices, of either width
AS_TEXT = frozenset({"csv", "jsonl", "tsv"})  # formats of one file that may go down a pipe
DIRECTORIES = MappingProxyType({"annoy": annoy.FILES, "projector": projector.FILES})  # formats that are a directory
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


def shown(format: str, tracks: int) -> Sequence[int]:
    """Of so many tracks the rows that a format has room for."""
    return projector.shown(tracks).tolist() if format == "projector" else range(tracks)


def files_of(destination: Path, format: str) -> list[Path]:
    """The files that an export writes: the destination, and for some formats the names beside it."""
    return [destination, *([names_file(destination)] if format in WITH_NAMES else [])]


def require_writable(destination: Path, format: str, force: bool) -> None:
    """Refuse a destination that would overwrite something unasked, or is no place for a file.

    Raises:
        ExperimentError: the destination exists and `force` does not hold, or it is no regular file.
    """
    if format in DIRECTORIES:
        _require_own_directory(destination, DIRECTORIES[format], force)
    else:
        for path in files_of(destination, format):
            require_replaceable(path, force)


def _require_own_directory(destination: Path, files: tuple[str, ...], force: bool) -> None:
    """Refuse a directory that an export of the format did not make."""
    with storage_errors(destination, "write"):
        if not destination.parent.is_dir():
            raise ExperimentError(f"cannot write {destination}: there is no directory {destination.parent}")
        if destination.is_symlink() or (destination.exists() and not destination.is_dir()):
            raise ExperimentError(f"cannot write {destination}: it is not a directory")
        if destination.exists() and not force:
            raise ExperimentError(f"{destination} exists; --force replaces it")
        others = sorted({path.name for path in destination.iterdir()} - set(files)) if destination.exists() else []
    if others:
        raise ExperimentError(f"cannot replace {destination}: it holds {others[0]!r}, which is none of the export's")


def write(destination: Path, format: str, vectors: TrackVectors, force: bool = False) -> int:
    """Write vectors in a format and return the number of bytes, that of the names beside included.

    Raises:
        ExperimentError: the destination is refused (see `require_writable`).
        StorageError: the file system failed, or what was read back is not what was written.
    """
    require_writable(destination, format, force)
    if format in DIRECTORIES:
        with draft_directory(destination) as directory:
            FORMATS[format](directory, vectors)
            publish(directory, destination)
        return sum(path.stat().st_size for path in destination.iterdir())
    with ExitStack() as published:  # all are moved in when all are written and compared
        draft, *beside = [published.enter_context(published_file(path)) for path in files_of(destination, format)]
        FORMATS[format](draft, vectors)
        for path in beside:
            word2vec.write_names(path, vectors)
    return sum(path.stat().st_size for path in files_of(destination, format))
