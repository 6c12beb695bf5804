"""Which tracks are versions of one song: live, remastered, edited, with a guest.

Names alone tell, and only what they say outright: a word for a version in brackets or behind a dash at the end of the
title, and who is featured. "Pt. 1" and "Pt. 2", a remix, and the same title by somebody else are other songs.
"""

from __future__ import annotations

import re

from skipgramophone.names.normalization import folded

WORDS = (
    r"live|unplugged|acoustic|stripped|demo|mono|stereo|remaster(?:ed)?|anniversary|re-?recorded|bonus track"
    r"|(?:radio|single|album|original|extended|short|long|video|clean|explicit|deluxe|alternate|studio|session|\d{4})"
    r" (?:edit|mix|version|take|recording|session|edition)|edit|version"
)
MARK = re.compile(rf"\b(?:{WORDS})\b")
FEATURED = re.compile(
    r"\s*[(\[](?:feat|ft|featuring)\b[^)\]]*[)\]]|\s+(?:feat\.|ft\.|featuring\s).*?(?=\s-\s|$)", re.IGNORECASE
)
BRACKETED = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])$")
DASH = " - "


def song(artist: str, title: str) -> str:
    """One key for all versions of a song.

    >>> song("Tom Petty", "Free Fallin' - Live at the Nokia Theatre")
    "tom petty - free fallin'"
    >>> song("Tom Petty feat. Somebody", "FREE FALLIN' (2008 Remaster) [Radio Edit]")
    "tom petty - free fallin'"
    >>> song("Tom Petty", "Live and Let Live (Remix)"), song("Tom Petty", "(Live)")
    ('tom petty - live and let live (remix)', 'tom petty - (live)')
    """
    return folded(artist_alone(artist)) + DASH + _base(folded(title))


def artist_alone(artist: str) -> str:
    """An artist without guests.

    >>> artist_alone("Somebody feat. Somebody Else")
    'Somebody'
    """
    return FEATURED.sub("", artist) or artist


def _base(title: str) -> str:
    """A folded title without guests and without its last remarks about the version, unless they are all there is."""
    base = FEATURED.sub("", title)
    while True:
        bracketed, (before, dash, remark) = BRACKETED.search(base), base.rpartition(DASH)
        if bracketed and MARK.search(bracketed[0]):
            before = base[: bracketed.start()]
        elif not (dash and MARK.search(remark)):
            return base or title
        if not before:
            return base
        base = before
