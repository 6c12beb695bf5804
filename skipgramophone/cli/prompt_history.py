"""What was typed at the prompt, for the arrow keys, in this session and the next.

Lines are kept as JSON strings. A number and `<` mean something only after the list before them, and stay in their
session.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from prompt_toolkit.history import History

from skipgramophone.experiment.user_state import KeptLines, state_directory

LINES_KEPT = 1000
LONGEST_LINE = 1000  # letters; what was pasted by mistake is not kept


def history_file() -> Path:
    """Where the lines of this user lie."""
    return state_directory() / "history"


class KeptHistory(History):
    """Lines of earlier sessions, and those of this one, which are added to them."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._kept = KeptLines(path, LINES_KEPT)

    def load_history_strings(self) -> Iterable[str]:
        """The lines of earlier sessions, the latest first."""
        return filter(None, map(_line, reversed(self._kept.read())))

    def store_string(self, string: str) -> None:
        """Keep a line for later sessions, if it means something there."""
        line = string.strip()
        if line and len(line) <= LONGEST_LINE and line not in ("<", "?") and not line.lstrip("+- ").isdecimal():
            self._kept.add(json.dumps(line))


def _line(text: str) -> str:
    """What a line of the file stands for; nothing where it is damaged."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return line if isinstance(line, str) and len(line) <= LONGEST_LINE else ""
