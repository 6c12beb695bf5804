"""Recognize tables that contain charts.

In such a table, the ranks begin again in each chart, and tied tracks have the same rank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from skipgramophone.playlists.column_names import normalized
from skipgramophone.playlists.columns.values import Table, values_of
from skipgramophone.playlists.readers.ordering import rank_of

# Normalized names of columns with ranks.
RANKS = frozenset(
    (
        "rank", "ranking", "position", "pos", "place", "platz", "rang", "posicion", "posizione", "posicao",
        "chartposition", "chartrank", "weekposition", "currentweek", "thisweek", "currentrank", "currentposition",
        "songrank", "trackrank", "puesto", "posicao", "positie", "pozycja", "poradi", "plats", "platzierung",
    )
)  # fmt: skip
# minimum share of values that are ranks, and minimum share of neighbouring rows that are in order of rank
MOST_RANKS = 0.9
LEAST_REPEATED = 0.25  # minimum share of rows whose rank occurs in an earlier row
# minimum of the mean number of rows per chart; it is above 2, because shuffled ranks give runs of about two rows
SHORTEST_CHART = 2.5


def charts_in(rows: Table, unused: Sequence[str]) -> tuple[str, str] | None:
    """Return two columns: one with the ranks, and one with the names or dates of the charts.

    The result is None if the table does not contain several charts.

    Args:
        rows: the first rows of the table; the first row contains the column names.
        unused: columns without a role.
    """
    return _charts_in_turn(rows, unused) or _mixed_charts(rows, unused)


def _charts_in_turn(rows: Table, unused: Sequence[str]) -> tuple[str, str] | None:
    """Return the names of the columns of ranks and of charts if the charts follow one another; otherwise None.

    Two conditions must be met. The ranks increase (or decrease, as in a countdown), and begin again in each chart. The
    name or date of a chart is the same in all of its rows.
    """
    for name in unused:
        ranks = _ranks_in(rows, name)
        charts = _charts_of(ranks)
        if len(charts) < 2 or len(ranks) < SHORTEST_CHART * len(charts):
            continue
        for other in unused:
            values = values_of(rows, other) if other != name and rows[0].count(other) == 1 else []
            first = [values[start] for start, _ in charts] if values else []
            is_same = all(len({*values[start:end]}) == 1 for start, end in charts) if values else False
            if is_same and all(first) and all(before != after for before, after in pairwise(first)):
                return name, other
    return None


def _mixed_charts(rows: Table, unused: Sequence[str]) -> tuple[str, str] | None:
    """Return the names of the columns of ranks and of charts if rows of different charts are mixed; otherwise None.

    A chart must not contain the same rank twice, but many ranks must occur in several charts. On average, a chart must
    have at least two rows.

    >>> rows = [["rank", "year", "song"], *(f"{rank} {year} x".split() for rank in (1, 2) for year in (1999, 2000))]
    >>> _mixed_charts(rows, ["year", "rank"])
    ('rank', 'year')
    """
    once = [name for name in unused if rows[0].count(name) == 1]
    for rank in once:
        ranks = _ranks_in(rows, rank)
        if not ranks or len(ranks) - len(set(ranks)) < LEAST_REPEATED * len(ranks):
            continue
        for name in once:
            values = values_of(rows, name)
            pairs = set(zip(values, ranks, strict=True))
            if name != rank and len(pairs) == len(ranks) and 2 * len(set(values)) <= len(values):
                return rank, name
    return None


def are_ranked(rows: Table, roles: Mapping[str, str]) -> bool:
    """Whether rows that have the same time are sorted by rank, as in dated charts.

    Args:
        rows: the first rows of the table; the first row contains the column names.
        roles: role -> name of its column.
    """
    if roles.get("time") not in rows[0]:
        return False
    times = values_of(rows, roles["time"])
    for name in rows[0]:
        ranks = _ranks_in(rows, name) if name not in roles.values() else []
        steps = [
            after - before
            for (time, before), (same, after) in pairwise(zip(times, ranks, strict=False))
            if time == same
        ]
        rising = sum(step >= 0 for step in steps)
        if any(step > 0 for step in steps) and rising >= MOST_RANKS * len(steps):
            return True
    return False


def _ranks_in(rows: Table, name: str) -> list[float]:
    """Return the ranks in a column, or an empty list if it does not contain ranks; a missing rank is 0."""
    if normalized(name) not in RANKS or rows[0].count(name) > 1:
        return []
    ranks = [rank_of(value) for value in values_of(rows, name)]
    known = sum(rank is not None for rank in ranks)
    return [rank or 0.0 for rank in ranks] if known >= MOST_RANKS * len(ranks) else []


def _charts_of(ranks: Sequence[float]) -> list[tuple[int, int]]:
    """Return the start and the end of each run of increasing ranks or, if most ranks decrease, of decreasing ranks."""
    falls = sum(after < before for before, after in pairwise(ranks))
    rises = sum(after > before for before, after in pairwise(ranks))
    sign = 1 if rises >= falls else -1
    cuts = [at for at, (before, after) in enumerate(pairwise(ranks), 1) if sign * after < sign * before]
    return list(pairwise([0, *cuts, len(ranks)]))
