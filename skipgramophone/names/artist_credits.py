"""Artist credits: the artists that a credit such as "A, B feat. C" names."""

from __future__ import annotations

import re
from functools import lru_cache

BETWEEN = r"\s*[,;]\s*|\s(?:feat\.?|ft\.?|featuring)\s"  # separates artists
PERHAPS = r"\s(?:&|\+|/|x|vs\.?|with)\s"  # separates artists, or is a part of the name of one


def is_credited(artist: str, credit: str, loosely: bool = True) -> bool:
    """Whether a credit names an artist; both are folded names.

    Args:
        artist: name of an artist.
        credit: the artist of a track.
        loosely: whether "a & b" names a, which is wrong for names of groups.

    >>> is_credited("tyler, the creator", "yuna, tyler, the creator"), is_credited("tyler", "tyler swift")
    (True, False)
    >>> is_credited("simon", "simon & garfunkel"), is_credited("simon", "simon & garfunkel", loosely=False)
    (True, False)
    """
    return artist in credit and _pattern(artist, loosely).search(credit) is not None


@lru_cache(maxsize=128)
def _pattern(artist: str, loosely: bool) -> re.Pattern[str]:
    """Return the pattern of an artist between separators."""
    separator = f"{BETWEEN}|{PERHAPS}" if loosely else BETWEEN
    return re.compile(f"(?:^|{separator}){re.escape(artist)}(?:$|{separator})")
