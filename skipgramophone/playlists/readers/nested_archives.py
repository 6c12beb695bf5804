"""Find the files in zip archives that are inside other zip archives, as in the privacy export of Apple.

An inner archive is copied to a temporary file. The depth and the total size of the copies are limited, because a
malicious archive can expand without end. An archive that exceeds a limit is skipped, and the reason is reported.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from skipgramophone.errors import SourceError, storage_errors
from skipgramophone.playlists.readers.source_files import (
    COPIED_AT_ONCE,
    HARMLESS_SIZE,
    LARGEST_EXPANSION,
    SourceFile,
    members_of,
)

DEEPEST = 3  # maximum nesting of archives inside the outermost one
TOO_DEEP = f"an archive nested more than {DEEPEST} levels deep: unpack it first"
TOO_LARGE = "an inner archive that would expand too much: if you trust it, unpack it first"


def with_nested_archives(files: Sequence[SourceFile]) -> list[SourceFile]:
    """Return the files, with each inner archive replaced by the files inside it."""
    left = [max(HARMLESS_SIZE, LARGEST_EXPANSION * sum(file.size for file in files))]
    return [inner for file in files for inner in _opened(file, left, DEEPEST)]


def _opened(file: SourceFile, left: list[int], depth: int) -> Iterator[SourceFile]:
    """Yield a file or, if it is an inner archive, its files.

    Args:
        file: the file.
        left: list with one element, the number of bytes that may still be copied; this function reduces it.
        depth: how many levels of archives may still be nested.
    """
    if file.member is None or file.passed_over or not file.member.lower().endswith(".zip"):
        yield file
        return
    if not depth:
        yield replace(file, passed_over=TOO_DEEP)
        return
    spool = tempfile.NamedTemporaryFile(prefix="sgp-", suffix=".zip")  # noqa: SIM115 (exists as long as its files)
    path = Path(spool.name)
    try:
        with file.open() as stream, storage_errors(path, "write"):
            while some := stream.read(COPIED_AT_ONCE):
                left[0] -= len(some)
                if left[0] < 0:
                    yield replace(file, passed_over=TOO_LARGE)
                    return
                spool.write(some)
            spool.flush()
        members = members_of(path, file.name, spool)
    except SourceError as error:
        yield replace(file, passed_over=str(error).removeprefix(f"{file.display_name}: "))
        return
    for member in members:
        yield from _opened(member, left, depth - 1)
