"""User state: lines of text that are kept between runs, such as the command history of the interactive prompt.

The files are in `$XDG_STATE_HOME/skipgramophone` (default: `~/.local/state/skipgramophone`). Only the user can read
them, because the history is private. No state is saved if a file cannot be read or written, or if the user has no home
directory. Files that can be made again are in `$XDG_CACHE_HOME/skipgramophone` (default: `~/.cache/skipgramophone`).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

# Maximum number of bytes that are read from the end of a file. Files that sgp writes are smaller.
MOST_BYTES = 4 << 20


def state_file(name: str) -> Path | None:
    """Return the path of a state file of the user, or None if there is no home directory, as in some containers."""
    directory = _directory("XDG_STATE_HOME", "~/.local/state")
    return directory / name if directory else None


def cache_directory() -> Path | None:
    """Return the directory for cached files, or None if there is no home directory."""
    return _directory("XDG_CACHE_HOME", "~/.cache")


def _directory(variable: str, default: str) -> Path | None:
    """Return the directory `skipgramophone` inside the directory that an environment variable names.

    If the variable is not set to an absolute path, the directory is inside `default`, such as "~/.cache". Return None
    if the user has no home directory.
    """
    given = os.environ.get(variable, "")
    try:
        place = Path(given if given.startswith("/") else default).expanduser()
    except RuntimeError:
        return None
    return place / "skipgramophone" if place.is_absolute() else None


@dataclass(frozen=True, slots=True)
class KeptLines:
    """A file of ASCII lines, the latest line last.

    Attributes:
        path: the file, or None if no lines are to be saved.
        most: number of lines to keep. When the file has more than twice as many lines, it is shortened to the latest
            `most`.
    """

    path: Path | None
    most: int

    def read(self) -> list[str]:
        """Return the latest lines, at most `most`."""
        if self.path is None:
            return []
        try:
            lines = _tail(self.path).decode("ascii", "backslashreplace").splitlines()
        except OSError:
            return []
        if len(lines) > 2 * self.most:
            _replace(self.path, lines[-self.most :])
        return lines[-self.most :]

    def add(self, line: str) -> None:
        """Append a line. Several processes may append at the same time."""
        if self.path is None:
            return
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _append(self.path, f"{line}\n")


def _replace(path: Path, lines: list[str]) -> None:
    """Replace the content of a file by the given lines."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(5)}")
    with contextlib.suppress(OSError):
        try:
            _append(draft, "".join(f"{line}\n" for line in lines))
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def _tail(path: Path) -> bytes:
    """Return the last whole lines of a regular file; return nothing for a device or a pipe, which may never end."""
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return b""
        if status.st_size <= MOST_BYTES:
            return file.read(MOST_BYTES)
        file.seek(-MOST_BYTES, os.SEEK_END)
        return file.read(MOST_BYTES).partition(b"\n")[2]


def _append(path: Path, text: str) -> None:
    """Append text to a file. If the file is created, only its owner can read it."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, text.encode("ascii"))
    finally:
        os.close(handle)
