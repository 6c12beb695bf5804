"""Find an artist in a credit that may name several artists, such as "A, B feat. C"."""

from __future__ import annotations

import re
from functools import lru_cache

BETWEEN = r"\s*[,;]\s*|\s(?:feat\.?|ft\.?|featuring)\s"  # separates two artists
PERHAPS = r"\s(?:&|\+|/|x|vs\.?|with)\s"  # separates two artists, but can also be part of one artist's name


def is_credited(artist: str, credit: str, loosely: bool = True) -> bool:
    """Whether a credit names an artist. The credit and the artist must be folded (see `fold_name`).

    Args:
        artist: name of an artist.
        credit: the artist field of a track.
        loosely: whether weak separators ("&", "x", "with" and similar ones) also separate artists. If it is
            true, the credit "a & b" also names the artist "a". This is wrong if "a & b" is the name of a group.

    >>> is_credited("tyler, the creator", "yuna, tyler, the creator"), is_credited("tyler", "tyler swift")
    (True, False)
    >>> is_credited("simon", "simon & garfunkel"), is_credited("simon", "simon & garfunkel", loosely=False)
    (True, False)
    """
    return artist in credit and _pattern(artist, loosely).search(credit) is not None


@lru_cache(maxsize=128)
def _pattern(artist: str, loosely: bool) -> re.Pattern[str]:
    """Return a regex that matches an artist between separators or at the ends of a credit."""
    separator = f"{BETWEEN}|{PERHAPS}" if loosely else BETWEEN
    return re.compile(f"(?:^|{separator}){re.escape(artist)}(?:$|{separator})")
