"""Song versions: recognize live, remastered, edited and other versions of one song by their names.

Songs are compared without featured guests and without version remarks. A version remark is at the end of the title, in
brackets or after a dash, and contains a version word such as "live" or "remaster". The following count as different
songs: a remix, another part ("Pt. 1" and "Pt. 2"), and a song with the same title by another artist.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from skipgramophone.names.normalization import fold_name
from skipgramophone.settings import Version

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
REMEMBERED = 1 << 15  # number of songs whose keys are cached; the same tracks occur in many answers
REMARK = re.compile(r"(?<=\S)\s*[(\[]([^()\[\]]*)[)\]]|\s-\s(.*?)(?=\s-\s|[(\[]|$)")
# Kinds of versions that a look-up can exclude, each with the words that identify it in a remark.
KINDS: dict[Version, re.Pattern[str]] = {
    "acoustic": re.compile(r"\b(?:acoustic|acustic[oa]|akustik|unplugged|stripped)\b"),
    "cover": re.compile(r"\b(?:cover|covered|tribute)\b"),
    "demo": re.compile(r"\bdemos?\b"),
    "edit": re.compile(r"\b(?:edit|(?:radio|single) (?:version|mix))\b"),
    "extended": re.compile(r"\bextended\b"),
    "instrumental": re.compile(r"\binstrumental\b"),
    "karaoke": re.compile(r"\bkaraoke\b"),
    "live": re.compile(r"\b(?:live|en vivo|ao vivo|en directo|in concert|unplugged)\b"),
    "remaster": re.compile(r"\bremaster(?:ed|izado|ise|isee)?\b"),
    "remix": re.compile(r"\b(?:remix(?:es|ed)?|rmx|rework|bootleg|(?:club|dance|dub|house) mix)\b"),
}


@lru_cache(REMEMBERED)
def song_key(artist: str, title: str) -> str:
    """Return a key that is the same for all versions of a song.

    >>> song_key("Tom Petty", "Free Fallin' - Live at the Nokia Theatre")
    "tom petty - free fallin'"
    >>> song_key("Tom Petty feat. Somebody", "FREE FALLIN' (2008 Remaster) [Radio Edit]")
    "tom petty - free fallin'"
    >>> song_key("Tom Petty", "Live and Let Live (Remix)"), song_key("Tom Petty", "(Live)")
    ('tom petty - live and let live (remix)', 'tom petty - (live)')
    """
    return fold_name(artist_without_guests(artist)) + DASH + song_title(title)


def song_title(title: str) -> str:
    """Return the folded title of a song, without guests and without remarks on the version.

    >>> song_title("Free Fallin' - Live at the Nokia Theatre")
    "free fallin'"
    """
    return _base(fold_name(title))


def is_version(title: str, kinds: Collection[str]) -> bool:
    """Whether a title has a remark, in brackets or after a dash, that names one of the given kinds of versions.

    >>> is_version("Alive - Live at Wembley", ["live"]), is_version("Live and Let Die", ["live"])
    (True, False)
    """
    remarks = [bracketed or dashed or "" for bracketed, dashed in REMARK.findall(fold_name(title))]
    return any(pattern.search(remark) for kind, pattern in KINDS.items() if kind in kinds for remark in remarks)


def artist_without_guests(artist: str) -> str:
    """Remove featured guests from an artist credit.

    >>> artist_without_guests("Somebody feat. Somebody Else")
    'Somebody'
    """
    return FEATURED.sub("", artist) or artist


def _base(title: str) -> str:
    """Remove guests and version remarks from the end of a folded title, but never the whole title."""
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
