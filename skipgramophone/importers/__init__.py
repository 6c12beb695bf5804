"""Readers of vectors that were made elsewhere, one a format, and their way to the tracks of a catalogue."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from skipgramophone.errors import SourceError, storage_errors
from skipgramophone.file_format import format_of as format_by_suffix
from skipgramophone.importers import npz, parquet, word2vec
from skipgramophone.importers.vectors import NamedVectors

FORMATS: MappingProxyType[str, Callable[[Path], NamedVectors]] = MappingProxyType(
    {
        "npz": npz.read,
        "parquet": parquet.read,
        "word2vec": word2vec.read_text,
        "word2vec-binary": word2vec.read_binary,
    }
)
SUFFIXES = MappingProxyType({"vec": "word2vec", "txt": "word2vec", "bin": "word2vec-binary"})


def format_of(source: Path, given: str | None) -> str:
    """The format to read: as given, else by the suffix of the source.

    Raises:
        SettingError: neither names a format that there is.
    """
    return format_by_suffix(source, given, FORMATS, SUFFIXES, "imports")


def read(source: Path, format: str) -> NamedVectors:
    """Read vectors and the names that they go by.

    Raises:
        SourceError: the file is missing, damaged, or not of that format.
        StorageError: it cannot be read.
    """
    with storage_errors(source, "read"):
        if not source.is_file():
            raise SourceError(f"{source} is not a file")
        vectors = FORMATS[format](source)
    vectors.require_sound(source)
    return vectors
