"""Rows of reports about sources: formats, columns that were guessed or are doubtful, and tables of names."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from skipgramophone.wording import plural

if TYPE_CHECKING:
    from skipgramophone.playlists.named_ids import NamedIds

SHOWN_FILES = 5
SHOWN_IDS = 3
OTHER_COLUMNS = "guessed from the header; to choose other columns, edit and add this option:"
# Several files that cannot be read with the same option: it applies to all sources of a command.
OTHER_COLUMNS_OF_ONE = (
    "guessed from the headers; to choose other columns for one of these files, leave it out here, and add it with sgp "
    "extract --append and an option such as"
)


def labelled(label: str, lines: Iterable[str]) -> list[tuple[str, str]]:
    """Return a row per line; only the first row has the label."""
    return [("" if at else label, line) for at, line in enumerate(lines)]


def source_formats(sources: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return a row with the format of each source, or with the number of sources per format if there are many."""
    read = [(source["file"], source["format"]) for source in sources if source["file"]]
    named = [f"{file} ({format})" for file, format in read]
    if len(named) > SHOWN_FILES:
        named = [f"{plural(number, 'file')} ({format})" for format, number in Counter(of for _, of in read).items()]
    return labelled("sources", named)


def guessed_columns(guesses: Sequence[dict[str, Any]], sources: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return rows with the guessed columns of each table, and with the option that chooses other columns.

    If there are more than `SHOWN_FILES` tables, a row shows how many others there are. The option reads all sources of
    a command as tables with these columns. Therefore, if there are other sources or other columns, the row says how to
    use it for a single file.
    """
    if not guesses:
        return []
    lines = []
    for guess in guesses[:SHOWN_FILES]:
        file = f"{guess['file']}: " if len(guesses) > 1 else ""
        lines.append(f"{file}{_with_unused(guess['columns'], guess['unused'])}")
    lines += _tables_not_shown(len(guesses))
    example = shlex.quote(guesses[0]["columns"])
    example += f" --session-gap {guesses[0]['session_gap']}" if "session_gap" in guesses[0] else ""
    same = len(guesses) == len(sources) and all(guess["columns"] == guesses[0]["columns"] for guess in guesses)
    lines.append(f"{OTHER_COLUMNS if same else OTHER_COLUMNS_OF_ONE} --columns {example}")
    return labelled("columns", lines)


def column_doubts(doubts: Sequence[dict[str, str]]) -> list[tuple[str, str]]:
    """Return rows about columns or rows of tables that may not be what they are read as."""
    several = len(doubts) > 1
    lines = [f"{doubt['file']}: {doubt['doubt']}" if several else doubt["doubt"] for doubt in doubts[:SHOWN_FILES]]
    return labelled("check", lines + _tables_not_shown(len(doubts)))


def named_ids(tables: Sequence[NamedIds]) -> list[tuple[str, str]]:
    """Return rows about each table of names: its columns, and how many ids have a name, none or several."""
    return labelled("names", [line for table in tables for line in _about_names(table)])


def _with_unused(columns: str, unused: Sequence[str]) -> str:
    """Return the assigned columns of a table, followed by the columns that are not used, if any."""
    return f"{columns}; unused: {', '.join(unused)}" if unused else columns


def _tables_not_shown(tables: int) -> list[str]:
    """Return a line with the number of tables after the first `SHOWN_FILES`, or no line if there are none."""
    more = tables - SHOWN_FILES
    return [f"and {plural(more, 'more table')} (--json lists them)"] if more > 0 else []


def _about_names(table: NamedIds) -> list[str]:
    """Return lines about a table of names."""
    lines = [f"{table.file}: names for {table.named:,} of {plural(table.named + table.unnamed, 'id')} of the sources"]
    if table.unused is not None:
        lines.append(f"columns: {_with_unused(table.columns, table.unused)}")
        lines.append(f"{OTHER_COLUMNS} --names-columns {shlex.quote(table.columns)}")
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
