"""Read text files with one name per line."""

from __future__ import annotations

from pathlib import Path

from skipgramophone.errors import SourceError, storage_errors
from skipgramophone.playlists.readers.source_files import regular_file

LARGEST_NAME_LIST = 256 << 20  # maximum size in bytes of a file with names


def read_name_list(path: Path, largest: int = LARGEST_NAME_LIST) -> bytes:
    """Return the content of a text file with one name per line; a pipe is read to its end.

    Args:
        path: the file, a named pipe, or `-` for standard input.
        largest: maximum size in bytes; a larger file is probably not a list of names, and would fill the memory.

    Raises:
        SourceError: the file is too large, or is a device.
        StorageError: the file cannot be read.
    """
    with storage_errors(path, "read"), regular_file(path) as place:
        if place.stat().st_size > largest:
            raise SourceError(f"{path} is larger than {largest >> 20} MiB, the limit for a list of names: split it")
        return place.read_bytes()
