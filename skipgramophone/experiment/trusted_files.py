"""Remember which index files were already verified, so that they are read completely only once.

Verified files are recognized by a fingerprint. It is a hash of their paths, devices, inodes, sizes, modification times
(mtime) and status change times (ctime). Only the system can set the ctime, so a file that was changed or replaced
always has another fingerprint.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from skipgramophone.experiment.user_state import KeptLines, state_file

KEPT = 1000  # number of fingerprints to keep


def is_verified(paths: Sequence[Path]) -> bool:
    """Whether all of these files were verified before and have not changed since."""
    return fingerprint(paths) in _verified().read()


def remember_verified(paths: Sequence[Path]) -> None:
    """Remember that these files have been verified, together with their current state."""
    _verified().add(fingerprint(paths))


def _verified() -> KeptLines:
    """Return the file that contains the fingerprints."""
    return KeptLines(state_file("sound"), KEPT)


def fingerprint(paths: Sequence[Path]) -> str:
    """Return the fingerprint of the current state of these files."""
    known = []
    for path in paths:
        status = path.stat()
        known.append([str(path.resolve()), status.st_dev, status.st_ino, status.st_size])
        known[-1] += [status.st_mtime_ns, status.st_ctime_ns]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()
