"""The history of the prompt. It is saved, so that the arrow keys also recall lines of earlier sessions.

Lines are saved as JSON strings. Numbers, `<` and `>` are not saved: they refer to what was shown in their session, and
would be meaningless in a later one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from prompt_toolkit.history import History

from skipgramophone.cli.confirmation import QUIT_WORDS
from skipgramophone.experiment.user_state import KeptLines, state_file

LINES_KEPT = 1000
COMMANDS = ("<", ">", "?", "help", *QUIT_WORDS)  # lines that are not saved: they are useless in a later session
LONGEST_LINE = 1000  # maximum number of characters of a saved line; longer lines were probably pasted by mistake


def history_file() -> Path | None:
    """Return the path of this user's history file, or None if the history is not saved."""
    return state_file("history")


class SavedHistory(History):
    """The lines that were typed at the prompt in this session and in earlier sessions."""

    def __init__(self, path: Path | None) -> None:
        super().__init__()
        self._kept = KeptLines(path, LINES_KEPT)

    def load_history_strings(self) -> Iterable[str]:
        """Yield the lines of earlier sessions, latest first."""
        return filter(None, map(_line, reversed(self._kept.read())))

    def store_string(self, string: str) -> None:
        """Save a line for later sessions, unless it is a command, a number or too long."""
        line = string.strip()
        if line and len(line) <= LONGEST_LINE and line not in COMMANDS and not line.lstrip("+- ").isdecimal():
            self._kept.add(json.dumps(line))


def _line(text: str) -> str:
    """Decode a line of the history file; return an empty string if the line is damaged."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return line if isinstance(line, str) and len(line) <= LONGEST_LINE else ""
