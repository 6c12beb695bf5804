"""What sgp guesses about the columns of a table, and what it asks, as users of the command line see it."""

from __future__ import annotations

from collections.abc import Mapping

from skipgramophone.playlists.columns.examples import question
from skipgramophone.playlists.columns.guess import ColumnGuess, guess_columns, rows_of
from skipgramophone.wording import COMMAND_LINE


def guess(text: str) -> str:
    """Return the guessed columns as the value of `--columns`, or the question."""
    found = guess_columns(rows_of(text.splitlines()))
    return found.text if isinstance(found, ColumnGuess) else found(COMMAND_LINE)


def asked(text: str, problem: str, known: Mapping[str, str] | None = None) -> str:
    """Return the question about a table."""
    return question(rows_of(text.splitlines()), problem, known or {})(COMMAND_LINE)
