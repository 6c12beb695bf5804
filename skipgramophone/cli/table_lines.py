"""Recognizes rows of a table among the lines of standard input, which should have one name or id each."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from skipgramophone.errors import UnknownTrackError

if TYPE_CHECKING:
    from skipgramophone.lookup.lookup import Lookup

SEPARATORS = "\t;,"


def advise_about_row(lookup: Lookup, line: str, outcome: object) -> None:
    """Add advice to the error of a line if one of several fields in the line is the name or id of a track."""
    if not isinstance(outcome, UnknownTrackError):
        return
    for separator in SEPARATORS:
        fields = _fields(line, separator)
        known = next(filter(lookup.names.is_whole_name, fields), None) if len(fields) > 1 else None
        if known is not None:
            outcome.advise(
                f"The line seems to be a row of a table: give only one name or id per line, such as {known!r}"
            )
            return


def _fields(line: str, separator: str) -> list[str]:
    """Return the fields of a row; an empty list if the row is not valid."""
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []
