"""Import vectors from other tools: one reader per format, and the matching of vectors to tracks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from skipgramophone.errors import SourceError, storage_errors
from skipgramophone.file_format import format_of as format_by_suffix
from skipgramophone.importers import npz, parquet, word2vec
from skipgramophone.importers.pickles import refuse_pickle
from skipgramophone.importers.vectors import NamedVectors

FORMATS: MappingProxyType[str, Callable[[Path], NamedVectors]] = MappingProxyType(
    {
        "npz": npz.read,
        "parquet": parquet.read,
        "word2vec": word2vec.read_text,
        "word2vec-binary": word2vec.read_binary,
    }
)
# suffix -> format
SUFFIXES = MappingProxyType(
    {"npz": "npz", "parquet": "parquet", "vec": "word2vec", "txt": "word2vec", "bin": "word2vec-binary"}
)


def format_of(source: Path, given: str | None) -> str:
    """Return the name of the format to read: the given name or, if there is none, the format of the file's suffix.

    Raises:
        SettingError: the format is unknown.
        SourceError: the file is a pickle.
    """
    if source.is_file():  # a pipe is not examined, because it can be read only once
        with storage_errors(source, "read"):
            refuse_pickle(source)
    return format_by_suffix(source, given, FORMATS, SUFFIXES)


def read(source: Path, format: str) -> NamedVectors:
    """Read and validate the vectors of a file and their names.

    Raises:
        SourceError: the file is missing, damaged, a pickle, or in another format.
        StorageError: the file cannot be read.
    """
    with storage_errors(source, "read"):
        if not source.is_file():
            raise SourceError(f"{source} is not a file")
        refuse_pickle(source)
        vectors = FORMATS[format](source)
    vectors.require_valid(source)
    return vectors
