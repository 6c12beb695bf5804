"""What was typed at the prompt, for the arrow keys, in this session and the next.

Lines lie in `$XDG_STATE_HOME/skipgramophone/history` (`~/.local/state` where that is not set), a JSON string each, in a
file that only its owner may read: what somebody looks up is nobody else's business. A number and `<` mean something
only after the list before them, and stay in their session. Where the file cannot be read or written, the history is the
session's.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from prompt_toolkit.history import History

LINES_KEPT = 1000
LINES_AT_MOST = 2 * LINES_KEPT  # the file is shortened when it has more
LONGEST_LINE = 1000  # letters; what was pasted by mistake is not kept


def history_file() -> Path:
    """Where the lines of this user lie."""
    given = os.environ.get("XDG_STATE_HOME", "")
    state = Path(given) if given.startswith("/") else Path("~/.local/state").expanduser()
    return state / "skipgramophone" / "history"


class KeptHistory(History):
    """Lines of earlier sessions, and those of this one, which are added to them."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def load_history_strings(self) -> Iterable[str]:
        """The lines of earlier sessions, the latest first."""
        lines = _read(self._path)
        if len(lines) > LINES_AT_MOST:
            _shorten(self._path, lines[-LINES_KEPT:])
        return reversed(lines[-LINES_KEPT:])

    def store_string(self, string: str) -> None:
        """Keep a line for later sessions, if it means something there."""
        line = string.strip()
        if not line or len(line) > LONGEST_LINE or line in ("<", "?") or line.lstrip("+- ").isdecimal():
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _append(self._path, json.dumps(line) + "\n")


def _read(path: Path) -> list[str]:
    """The lines of a file that are such as `store_string` writes."""
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            kept = [_line(text) for text in file]
    except OSError:
        return []
    return [line for line in kept if line]


def _line(text: str) -> str:
    """What a line of the file stands for; nothing where it is damaged."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return line if isinstance(line, str) and len(line) <= LONGEST_LINE else ""


def _append(path: Path, text: str) -> None:
    """Write at the end of a file that only its owner may read; several prompts may do so at once."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, text.encode("ascii"))
    finally:
        os.close(handle)


def _shorten(path: Path, lines: list[str]) -> None:
    """Put a file with the last lines alone in the place of one that has grown long."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        beside.unlink(missing_ok=True)
        _append(beside, "".join(json.dumps(line) + "\n" for line in lines))
        beside.replace(path)
