"""Detect, from the values of a table, that a column named like titles does not name the items of the table.

For example, the column "title" of a review is its headline, and the column "name" of an order is the customer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from skipgramophone.playlists.column_names import normalized
from skipgramophone.playlists.columns.values import Table, values_of

GROUPS = ("id", "playlist", "owner")  # roles of columns that divide the rows into playlists
REVIEWS = ("review", "reviewtext", "reviewbody", "reviewcontent", "text", "rezension", "avis")
RATINGS = ("rating", "ratings", "reviewrating", "stars", "starrating", "score", "overall", "bewertung", "note")


def titles_of_others(rows: Table, found: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the columns of titles that do not name the items, in a table with uris and without artists.

    A column is returned in three cases:

    - Most of the uris that occur in several rows have several titles.
    - At least two orders have several uris, and each of these orders has a single title; or the same is true of
      playlists or owners.
    - No uri occurs in several rows, and the table has the texts and the ratings of reviews.

    >>> rows = [["title", "asin"], ["Bad", "P1"], ["Great!", "P1"], ["Bad", "P2"]]
    >>> titles_of_others(rows, {"title": ["title"], "uri": ["asin"]})
    ['title']

    Args:
        rows: the first rows of the table; the first row contains the column names.
        found: role -> columns that may have this role.
    """
    if "artist" in found or not found.keys() >= {"title", "uri"}:
        return []
    uris = values_of(rows, found["uri"][0])
    groups = [values_of(rows, found[role][0]) for role in GROUPS if role in found]
    names = set(map(normalized, rows[0]))
    are_reviews = bool(names.intersection(REVIEWS) and names.intersection(RATINGS)) and len(set(uris)) == len(uris) > 1
    others = [name for name in found["title"] if name not in found["uri"]]
    return [name for name in others if are_reviews or _is_of_others(values_of(rows, name), uris, groups)]


def _is_of_others(titles: Sequence[str], uris: Sequence[str], groups: Sequence[Sequence[str]]) -> bool:
    """Whether most uris that occur in several rows have several titles, or titles name groups instead of uris.

    Args:
        titles: the title of each row.
        uris: the uri of each row.
        groups: for each column of orders, playlists or owners, its value in each row.
    """
    titles = [" ".join(title.casefold().split()) for title in titles]
    by_uri, rows_of_uri = defaultdict[str, set[str]](set), defaultdict[str, int](int)
    for title, uri in zip(titles, uris, strict=True):
        if title and uri:
            by_uri[uri].add(title)
            rows_of_uri[uri] += 1
    repeated = [uri for uri, number in rows_of_uri.items() if number > 1]
    varied = sum(len(by_uri[uri]) > 1 for uri in repeated)
    return varied > len(repeated) / 2 or any(_name_groups(titles, uris, group) for group in groups)


def _name_groups(titles: Sequence[str], uris: Sequence[str], groups: Sequence[str]) -> bool:
    """Whether at least two groups have several uris, and each of these groups has a single title.

    A group contains the rows with the same order, playlist or owner; `groups` has the group of each row.
    """
    titles_of, uris_of = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for title, uri, group in zip(titles, uris, groups, strict=True):
        if title and uri and group:
            titles_of[group].add(title)
            uris_of[group].add(uri)
    large = [group for group, own in uris_of.items() if len(own) > 1]
    return len(large) > 1 and all(len(titles_of[group]) == 1 for group in large)
