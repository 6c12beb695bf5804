"""Choose columns of a table without a header by their values; the choice is only an example for the user."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import pairwise

from skipgramophone.playlists.columns.values import have_one_value_each, is_constant

Columns = Sequence[Sequence[str]]  # the values of each column

FEWEST_ROWS = 5  # in fewer rows, numbers may be consecutive by chance
LEAST_ITEMS = 0.25  # a column of items has at least this share of the different values of any other column
MOST_TEXTS = 3  # only the first columns of text are examined; later ones may be comments


def unnamed_columns(columns: Columns) -> list[int]:
    """Return the indices of the columns that may have a role.

    Empty columns, columns with the same value in all rows, columns of JSON objects, and a first column that numbers the
    rows are left out.

    >>> unnamed_columns([["play"] * 5, ["0", "1", "2", "3", "4"], [*"abcda"], [""] * 5, ["{}"] * 5])
    [2]
    """
    found = [at for at, values in enumerate(columns) if any(values) and not is_constant(values)]
    found = [at for at in found if not all(value.startswith(("{", "[")) for value in columns[at])]
    return found[1:] if len(found) > 1 and _number_rows(columns[found[0]]) else found


def _number_rows(values: Sequence[str]) -> bool:
    """Whether each value is the number of its row."""
    if len(values) < FEWEST_ROWS or not all(
        value.isascii() and value.isdigit() and len(value) < 19 for value in values
    ):
        return False
    return all(int(after) == int(before) + 1 for before, after in pairwise(values))


def artist_and_title(texts: Sequence[int], columns: Columns) -> dict[str, int]:
    """Return role -> index for the columns of artists and titles among at least two columns of text.

    There are usually more different titles than artists and albums. If several columns have equally many different
    values, the second column contains the titles, as in "artist, title".

    >>> artist_and_title([0, 1], [["Rain", "Salt", "Tide"], ["Ada", "Ada", "Nell"]])
    {'artist': 1, 'title': 0}
    """
    first = texts[:MOST_TEXTS]
    most = max(len(set(columns[at])) for at in first)
    fullest = [at for at in first if len(set(columns[at])) == most]
    title = first[1] if first[1] in fullest else fullest[-1]
    return {"artist": next(at for at in first if at != title), "title": title}


def items_in(candidates: Sequence[int], columns: Columns) -> int:
    """Return the index of the column of items.

    Counts and ratings have fewer different values, or follow the items. If the ids of an artist, an album and a track
    are in three columns, the track is the item, because each track has one artist and one album.

    >>> items_in([1, 2], [[*"abcde"], [*"ijijk"], ["5", "3", "7", "2", "9"]])
    1
    >>> items_in([1, 2], [[*"abcdef"], [*"xxyyxz"], [*"ijkkil"]])
    2
    """
    distinct = {at: len(set(columns[at])) for at in candidates}
    most = max(distinct.values())
    chosen = next(at for at in candidates if distinct[at] >= LEAST_ITEMS * most)
    if len(columns[chosen]) < FEWEST_ROWS:
        return next(at for at in candidates if distinct[at] == most)
    for at in candidates:
        if distinct[at] > distinct[chosen] and determines(columns[at], columns[chosen]):
            chosen = at
    return chosen


def determines(tracks: Sequence[Hashable], values: Sequence[str]) -> bool:
    """Whether tracks repeat, and each track always has the same value, such as its artist."""
    return len(set(tracks)) < len(tracks) and have_one_value_each(tracks, values)
