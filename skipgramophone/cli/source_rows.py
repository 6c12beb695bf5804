"""Rows of reports about sources: the format of each source, and the columns that were guessed."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from typing import Any

from skipgramophone.wording import plural

SHOWN_FILES = 5


def source_formats(sources: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return a row with the format of each source, or with the number of sources per format if there are many."""
    read = [(source["file"], source["format"]) for source in sources if source["file"]]
    named = [f"{file} ({format})" for file, format in read]
    if len(named) > SHOWN_FILES:
        named = [f"{plural(number, 'file')} ({format})" for format, number in Counter(of for _, of in read).items()]
    return [("sources" if not at else "", text) for at, text in enumerate(named)]


def guessed_columns(guesses: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return rows with the guessed columns of each table, and with the option that chooses other columns.

    If there are more than `SHOWN_FILES` tables, a row shows how many others there are.
    """
    if not guesses:
        return []
    lines = []
    for guess in guesses[:SHOWN_FILES]:
        file = f"{guess['file']}: " if len(guesses) > 1 else ""
        unused = f"; unused: {', '.join(guess['unused'])}" if guess["unused"] else ""
        lines.append(f"{file}{guess['columns']}{unused}")
    more = len(guesses) - SHOWN_FILES
    lines += [f"and {plural(more, 'more table')} (--json lists them)"] if more > 0 else []
    example = shlex.quote(guesses[0]["columns"])
    example += f" --session-gap {guesses[0]['session_gap']}" if "session_gap" in guesses[0] else ""
    lines.append(f"guessed from the header; to choose other columns, edit and add this option: --columns {example}")
    return [("columns" if not at else "", line) for at, line in enumerate(lines)]
