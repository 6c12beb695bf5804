"""Recognize lists of "Artist - Album - Title", as `beet ls` of beets prints them.

    Nell Quay - Boats - Paper Boats
    Nell Quay - Boats - Tide
    The Hatches -  - Kitchen Song          without an album

In such a list, most albums occur in several lines. In lists of "Artist - Title - Version" or "Artist - Title - Album",
the middle part is a title, which rarely occurs in several lines. In lists of "Artist - Title - Album", the last part
occurs in several lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

FEWEST_NAMES = 4  # minimum number of names; in a shorter list, a part may occur twice by chance
MOST_IN_PARTS = 0.9  # minimum share of the names that have three parts
SHARED = 0.5  # minimum share of the names whose second part also occurs in other names, or is empty


def have_albums(names: Sequence[str], separator: str) -> bool:
    """Whether the names in a list have the form artist, album and title, joined by `separator`.

    Nearly all names must have three parts. At least half of the second parts, the albums, must occur in several names,
    and more second parts than third parts must do so.

    >>> have_albums(["A - X - one", "A - X - two", "B - Y - three", "B - Y - four"], " - ")
    True
    >>> have_albums(["A - one - Live", "A - two - Live", "B - three - Live", "B - four - Remix"], " - ")
    False
    """
    parts = [name.split(separator, 2) for name in names if name.count(separator) > 1]
    if len(names) < FEWEST_NAMES or len(parts) < MOST_IN_PARTS * len(names):
        return False
    albums, titles = (Counter(each[at].strip() for each in parts) for at in (1, 2))
    shared, repeated = (sum(number for number in found.values() if number > 1) for found in (albums, titles))
    unnamed = albums[""] if albums[""] == 1 else 0
    return shared + unnamed >= SHARED * len(parts) and shared + unnamed > repeated
