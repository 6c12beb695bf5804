"""Rows of reports about sources: formats, columns that were guessed or are doubtful, and tables of names."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from skipgramophone.wording import plural

if TYPE_CHECKING:
    from skipgramophone.playlists.naming import NamedIds

SHOWN_FILES = 5
SHOWN_IDS = 3


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


def column_doubts(doubts: Sequence[dict[str, str]]) -> list[tuple[str, str]]:
    """Return rows about assigned columns that seem to contain no tracks."""
    several = len(doubts) > 1
    lines = [f"{doubt['file']}: {doubt['doubt']}" if several else doubt["doubt"] for doubt in doubts[:SHOWN_FILES]]
    more = len(doubts) - SHOWN_FILES
    lines += [f"and {plural(more, 'more table')} (--json lists them)"] if more > 0 else []
    return [("check" if not at else "", line) for at, line in enumerate(lines)]


def named_ids(tables: Sequence[NamedIds]) -> list[tuple[str, str]]:
    """Return rows about each table of names: its columns, and how many ids have a name, none or several."""
    lines = [line for table in tables for line in _about_names(table)]
    return [("names" if not at else "", line) for at, line in enumerate(lines)]


def _about_names(table: NamedIds) -> list[str]:
    """Return lines about a table of names."""
    lines = [f"{table.file}: names for {table.named:,} of {plural(table.named + table.unnamed, 'id')} of the sources"]
    if table.unused is not None:
        unused = f"; unused: {', '.join(table.unused)}" if table.unused else ""
        lines += [
            f"columns: {table.columns}{unused}",
            "guessed from the header; to choose other columns, edit and add this option: --names-columns "
            + shlex.quote(table.columns),
        ]
    if table.unnamed:
        examples = ", ".join(map(repr, table.unnamed_examples[:SHOWN_IDS]))
        more = " …" if table.unnamed > SHOWN_IDS else ""
        lines.append(f"{plural(table.unnamed, 'id')} without a name, which stay as they are: {examples}{more}")
    if others := table.ids - table.named:
        lines.append(f"{plural(others, 'id')} of {table.file} not in the sources")
    if table.several:
        examples = "; ".join(f"{some!r}: {first} / {second}" for some, first, second in table.several_examples)
        more = " …" if table.several > len(table.several_examples) else ""
        lines.append(f"{plural(table.several, 'id')} with several names, of which the first is used: {examples}{more}")
    return lines + [f"{plural(count, 'row')} of {table.file} not used: {why}" for why, count in table.rejected.items()]
