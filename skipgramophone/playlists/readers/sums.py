"""Recognize rows of sums in a table, such as the line TOTAL below its tracks."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.playlists.column_names import normalized
from skipgramophone.playlists.readers.rows import rows_with

SUM = re.compile(
    r"(sub|grand)?totale?s?|summe|zwischensumme|gesamt(summe|betrag)?|endbetrag|somme|soustotal|totalttc|suma|importetotal"
)
REASON = "a sum instead of a track"


def names_sum(title: str) -> bool:
    """Whether a title is a word for a sum.

    >>> names_sum("Sub-total:"), names_sum("Total Eclipse")
    (True, False)
    """
    return SUM.fullmatch(normalized(title)) is not None


def rows_of_sums(table: pa.Table) -> dict[int, str]:
    """Return row index -> reason for rejecting the row, for each row of a block that is a sum.

    Its title is a word such as "Total", and it has neither an artist nor a uri, although the table has artists.

    Args:
        table: a block of rows of a table with artists, whose columns are dictionary-encoded.
    """
    artists = table["artist"].combine_chunks()
    nobody = rows_with(artists, pc.equal(pc.utf8_trim_whitespace(artists.dictionary), ""))
    if not len(nobody):
        return {}
    rows = nobody[table["uri"].take(pa.array(nobody)).is_null().to_numpy()]
    titles = table["title"].take(pa.array(rows)).to_pylist()
    return {int(row): REASON for row, title in zip(rows, titles, strict=True) if names_sum(title)}
