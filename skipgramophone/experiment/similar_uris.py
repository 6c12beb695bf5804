"""Suggests tracks whose uri or id differs from a query by one typo, such as 141699 for 14169."""

from __future__ import annotations

from collections.abc import Iterator

from skipgramophone.experiment.catalogue import LAST, Catalogue, Track
from skipgramophone.experiment.condition import Condition, marks
from skipgramophone.utf8 import is_utf8

LONGEST_ID = 40  # maximum number of characters of a query that may be a mistyped id
LEAST_COMMON = 2  # minimum number of characters at the beginning or at the end that a typo has not changed
MOST_NEAR = 500  # maximum number of uris that are one typo away; SQLite limits the parameters of a statement
MOST_SCANNED = 200_000  # in a larger catalogue, only ids with the same beginning are compared with the query


def similar_uris(catalogue: Catalogue, query: str, limit: int) -> list[Track]:
    """Return up to `limit` tracks whose uri is one typo away from a query, most frequent first.

    A typo is a character that is missing, added, replaced or swapped with the next one; case is ignored. Only queries
    without spaces that contain a digit can be mistyped ids. In a catalogue of more than `MOST_SCANNED` tracks, the typo
    must be in the second half of the query, because only uris that begin with the first half are compared.
    """
    typed = query.strip()
    is_id = typed.isascii() and any(map(str.isdigit, typed)) and not any(map(str.isspace, typed))
    if not is_id or not LEAST_COMMON < len(typed) <= LONGEST_ID or not is_utf8(typed) or not catalogue.has_uris:
        return []
    from skipgramophone.names import typos  # imported here because most look-ups do not need it

    near = [uri for uri in _uris(catalogue, typed) if typos.is_one_typo(typed, uri)]
    near = near[:MOST_NEAR]
    return catalogue.matching(Condition(f"tracks.uri IN ({marks(near)})", near), limit) if near else []


def _uris(catalogue: Catalogue, typed: str) -> Iterator[str]:
    """Yield the uris that may be one typo away from a query; they differ in length by at most 1."""
    where = "length(uri) BETWEEN ? AND ?"
    values: list[int | str] = [len(typed) - 1, len(typed) + 1]
    if len(catalogue) > MOST_SCANNED:
        half = typed[: max(LEAST_COMMON, len(typed) // 2)]
        where, values = f"{where} AND uri >= ? AND uri < ?", [*values, half, half + LAST]
    for (uri,) in catalogue.query(f"SELECT uri FROM tracks WHERE uri IS NOT NULL AND {where}", values):
        yield uri
