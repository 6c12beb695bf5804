"""Lines that are kept for this user from one run to the next: what was typed, which files were seen to be sound.

They lie in `$XDG_STATE_HOME/skipgramophone` (`~/.local/state` where that is not set). Nobody else may read them: what
somebody looks up is nobody else's business. Where a file cannot be read or written, nothing is kept.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path


def state_directory() -> Path:
    """Where what is kept for this user lies."""
    given = os.environ.get("XDG_STATE_HOME", "")
    return (Path(given) if given.startswith("/") else Path("~/.local/state").expanduser()) / "skipgramophone"


@dataclass(frozen=True, slots=True)
class KeptLines:
    """Lines of ASCII in a file, the latest last.

    Attributes:
        path: the file.
        most: how many are kept at least; at twice as many the file is shortened.
    """

    path: Path
    most: int

    def read(self) -> list[str]:
        """The latest lines."""
        try:
            with self.path.open(encoding="ascii", errors="backslashreplace") as file:
                lines = file.read().splitlines()
        except (OSError, RuntimeError):  # the latter where there is no home
            return []
        if len(lines) > 2 * self.most:
            self._shorten(lines[-self.most :])
        return lines[-self.most :]

    def add(self, line: str) -> None:
        """Write a line behind all others; several processes may do so at once."""
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _append(self.path, f"{line}\n")

    def _shorten(self, lines: list[str]) -> None:
        """Put a file with some lines alone in the place of the one that has grown long."""
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
            _append(beside, "".join(f"{line}\n" for line in lines))
            beside.replace(self.path)


def _append(path: Path, text: str) -> None:
    """Write at the end of a file that only its owner may read."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, text.encode("ascii"))
    finally:
        os.close(handle)
