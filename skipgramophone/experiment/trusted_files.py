"""Seals: which files this user has seen to be sound, so that reading them through once is enough.

A seal is a hash of where the files lie and of what the file system says of them: device, inode, size, and the times of
the last change of content and of status. The last is set by the system alone, so that a file that was changed or
replaced has another seal, whatever time it was given.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from skipgramophone.experiment.user_state import KeptLines, state_directory

KEPT = 1000


def is_sealed(paths: Sequence[Path]) -> bool:
    """Whether files are what this user has seen to be sound."""
    return _seal(paths) in _kept().read()


def seal(paths: Sequence[Path]) -> None:
    """Keep in mind that files, as they are now, are sound."""
    _kept().add(_seal(paths))


def _kept() -> KeptLines:
    """The seals of this user."""
    return KeptLines(state_directory() / "sound", KEPT)


def _seal(paths: Sequence[Path]) -> str:
    """The seal of files as they are now."""
    told = []
    for path in paths:
        status = path.stat()
        told.append([str(path.resolve()), status.st_dev, status.st_ino, status.st_size])
        told[-1] += [status.st_mtime_ns, status.st_ctime_ns]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
