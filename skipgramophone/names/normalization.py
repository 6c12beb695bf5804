"""When two spellings are one name.

Two foldings, for two jobs. `identity` decides which rows of a dump are one track: case, edge spaces and Unicode form do
not count, everything else does. `folded` is what a half-remembered name is looked up by: accents and repeated spaces do
not count either. Names themselves are kept and shown as they were first read.
"""

from __future__ import annotations

import re
import unicodedata

SEPARATOR = " - "


def identity(name: str) -> str:
    """Fold a name so that one track has one key.

    >>> identity("  Free Fallin'") == identity("FREE FALLIN'")
    True
    >>> identity("Säkert!") == identity("Sakert!")
    False
    """
    if name.isascii():
        return name.strip().lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).strip()


class _Letters(dict[int, str]):
    """What each letter is folded to, found when it is first asked for: `str.translate` takes all of a name at once."""

    def __missing__(self, code: int) -> str:
        split = unicodedata.normalize("NFKD", chr(code).casefold())
        self[code] = "".join(letter for letter in split if not unicodedata.combining(letter)).casefold()
        return self[code]


LETTERS = _Letters()


def folded(name: str) -> str:
    """Fold a name for look-up.

    >>> folded("  Håkan   Hellström ")
    'hakan hellstrom'
    """
    if not name.isascii():
        name = name.translate(LETTERS) or name
    return " ".join(name.casefold().split())


def full_name(artist: str, title: str) -> str:
    """Write a track as people do; a track without an artist (or a title) goes by what it has.

    >>> full_name("Tom Petty", "Free Fallin'"), full_name("", "07 - echoes")
    ("Tom Petty - Free Fallin'", '07 - echoes')
    """
    return SEPARATOR.join(part for part in (artist, title) if part)


def parted(name: str) -> tuple[str, str]:
    """Artist and title of a name as people write it; one that holds no " - " is a title.

    >>> parted("50 Cent, Snoop Dogg - P.I.M.P. - Remix"), parted("07 echoes")
    (('50 Cent, Snoop Dogg', 'P.I.M.P. - Remix'), ('', '07 echoes'))
    """
    artist, separator, title = name.partition(SEPARATOR)
    return (artist, title) if separator else ("", name)


def hyphenated(name: str) -> str:
    """Write a name as its words of letters and digits with hyphens between, which a shell takes without quotes.

    >>> hyphenated("Håkan - Don't! (Live)")
    'hakan-don-t-live'
    """
    return "-".join(re.findall(r"[^\W_]+", folded(name)))
