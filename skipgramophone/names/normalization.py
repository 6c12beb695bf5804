"""Normalize names, to decide whether two spellings are the same name.

There are two normal forms. `identity` decides whether two rows of the sources mean the same track: it ignores case,
surrounding spaces and the Unicode normalization form. `fold_name` is used for search: it also ignores accents and
repeated spaces. Names are stored and shown in the spelling that was read first.
"""

from __future__ import annotations

import re
import unicodedata

SEPARATOR = " - "


def identity(name: str) -> str:
    """Return the key of a name. Two spellings with the same key are the same name.

    >>> identity("  Free Fallin'") == identity("FREE FALLIN'")
    True
    >>> identity("Säkert!") == identity("Sakert!")
    False
    """
    if name.isascii():
        return name.strip().lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).strip()


class _Letters(dict[int, str]):
    """Table for `str.translate`: code point -> folded letter. Each entry is computed when it is first used."""

    def __missing__(self, code: int) -> str:
        split = unicodedata.normalize("NFKD", chr(code).casefold())
        self[code] = "".join(letter for letter in split if not unicodedata.combining(letter)).casefold()
        return self[code]


LETTERS = _Letters()


def fold_name(name: str) -> str:
    """Return a name for search: in lower case, without accents and without surrounding or repeated spaces.

    >>> fold_name("  Håkan   Hellström ")
    'hakan hellstrom'
    """
    if not name.isascii():
        name = name.translate(LETTERS) or name
    return " ".join(name.casefold().split())


def fold_part(name: str) -> str:
    """Return what a name contributes to a longer folded name: the same as `fold_name`, but "" for accents alone.

    >>> fold_part("Håkan "), fold_part("\u0301"), fold_name("\u0301")
    ('hakan', '', '\u0301')
    """
    return " ".join(name.translate(LETTERS).casefold().split())


def full_name(artist: str, title: str) -> str:
    """Return "artist - title"; if one of them is empty, return the other.

    >>> full_name("Tom Petty", "Free Fallin'"), full_name("", "07 - echoes")
    ("Tom Petty - Free Fallin'", '07 - echoes')
    """
    return SEPARATOR.join(part for part in (artist, title) if part)


def split_name(name: str) -> tuple[str, str]:
    """Split "artist - title" at the first " - "; without " - ", the artist is empty and the name is the title.

    >>> split_name("50 Cent, Snoop Dogg - P.I.M.P. - Remix"), split_name("07 echoes")
    (('50 Cent, Snoop Dogg', 'P.I.M.P. - Remix'), ('', '07 echoes'))
    """
    artist, separator, title = name.partition(SEPARATOR)
    return (artist, title) if separator else ("", name)


def hyphenate(name: str) -> str:
    """Return the words of the folded name, joined with hyphens, so that a shell needs no quotes around the result.

    >>> hyphenate("Håkan - Don't! (Live)")
    'hakan-don-t-live'
    """
    return "-".join(re.findall(r"[^\W_]+", fold_name(name)))


def words_of(name: str) -> list[str]:
    """Return the words of the folded name that contain a letter or a digit.

    >>> words_of("AC/DC - Thunderstruck!")
    ['ac/dc', 'thunderstruck!']
    """
    return [word for word in fold_name(name).split() if any(map(str.isalnum, word))]
