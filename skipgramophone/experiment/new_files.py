"""Create files without following links.

A file of a draft is always new. It is created in exclusive mode ("x"), which fails if another program has put a link at
the path. The file to which the link points is therefore neither overwritten nor extended.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def write_new_text(path: Path, text: str, errors: str = "strict", newline: str | None = None) -> None:
    """Write text in UTF-8 to a new file.

    Raises:
        FileExistsError: there is a file or a link at the path.
    """
    with path.open("x", encoding="utf-8", errors=errors, newline=newline) as file:
        file.write(text)


def write_new_bytes(path: Path, data: bytes) -> None:
    """Write bytes to a new file.

    Raises:
        FileExistsError: there is a file or a link at the path.
    """
    with path.open("xb") as file:
        file.write(data)


def copy_to_new_file(source: Path, path: Path) -> None:
    """Copy the content of a file to a new file.

    Raises:
        FileExistsError: there is a file or a link at the path.
    """
    with source.open("rb") as read, path.open("xb") as file:
        shutil.copyfileobj(read, file, 1 << 20)


def open_without_following(path: Path, flags: int) -> int:
    """Open or create a file that is not a link, and return its descriptor.

    Raises:
        OSError: the path is a link, or the file system failed.
    """
    return os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
