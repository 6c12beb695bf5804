"""Leave out the rows of a table whose rating is too low."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

from skipgramophone.playlists.readers.ordering import positions_of_all
from skipgramophone.playlists.readers.plain import PlainRows
from skipgramophone.playlists.readers.rows import RawRecord

NO_RATING = "no valid rating"


def rated_rows(rows: PlainRows, least: float | None) -> tuple[PlainRows, dict[str, int]]:
    """Return the rows with a rating of at least `least`, and the number of rows that are left out, by reason.

    Args:
        rows: rows with a column for the role "rating", unless `least` is None.
        least: the lowest rating of the rows that are kept; None keeps all.
    """
    if least is None:
        return rows, {}
    ratings = positions_of_all(rows.columns["rating"])
    kept, unknown = np.flatnonzero(ratings >= least), np.flatnonzero(np.isnan(ratings))
    low = len(ratings) - len(kept) - len(unknown)

    def where(some: Sequence[int]) -> Iterable[tuple[int, RawRecord]]:
        return rows.where(kept[list(some)].tolist())

    faults = [(line, NO_RATING, raw) for line, raw in rows.where(unknown.tolist())]
    columns = {role: column.take(pa.array(kept)) for role, column in rows.columns.items()}
    return PlainRows(columns, where, [*rows.faults, *faults]), {f"rated below {least:g}": low} if low else {}
