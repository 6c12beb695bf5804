"""Identifiers of recordings, which are the same in all services: ISRCs and MusicBrainz recording ids.

    isrc:USUM71703861                              also written US-UM7-17-03861
    mbid:11111111-1111-4111-8111-111111111111      also written https://musicbrainz.org/recording/11111111-…

ISRC is the International Standard Recording Code (ISO 3901): two letters, three letters or digits, and seven digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from skipgramophone.utf8 import replace_surrogates

ISRC, MBID = "isrc", "mbid"
SEPARATOR = "\n"  # separator between the identifiers of a track
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
CANONICAL = rf"^(?:isrc:[A-Z]{{2}}[A-Z0-9]{{3}}[0-9]{{7}}|mbid:{UUID})$"
RECORDING = re.compile(rf"https?://(?:www\.|beta\.)?musicbrainz\.org/recording/({UUID})/?", re.IGNORECASE)
RECORDING_URI = "https://musicbrainz.org/recording/"
_PREFIXED = re.compile(r"(?:urn:)?(isrc|mbid):\s*(.*)", re.IGNORECASE | re.DOTALL)
_FORMS = {
    ISRC: re.compile(r"[A-Z]{2}(-?)[A-Z0-9]{3}\1[0-9]{2}\1[0-9]{5}", re.IGNORECASE | re.ASCII),
    MBID: re.compile(UUID, re.IGNORECASE | re.ASCII),
}
NAMES = {ISRC: "ISRC", MBID: "MusicBrainz recording id"}  # for messages
RULES = {
    ISRC: "2 letters, 3 letters or digits, and 7 digits, such as USUM71703861",
    MBID: "32 hexadecimal digits in groups of 8, 4, 4, 4 and 12",
}


def read_identifier(text: str) -> str | None:
    """Return the canonical form of an ISRC or a MusicBrainz recording id; None for other strings.

    The string may begin with the prefix "isrc:" or "mbid:", or be a link to a recording of MusicBrainz.

    >>> read_identifier("isrc:US-UM7-17-03861"), read_identifier("usum71703861")
    ('isrc:USUM71703861', 'isrc:USUM71703861')
    >>> read_identifier("isrc:USUM7170386"), read_identifier("US-UM717-03861")
    (None, None)
    """
    text = text.strip()
    if found := RECORDING.fullmatch(text):
        return f"{MBID}:{found[1].lower()}"
    prefixed = _PREFIXED.fullmatch(text)
    kinds, value = ([prefixed[1].lower()], prefixed[2]) if prefixed else ([ISRC, MBID], text)
    for kind in kinds:
        if _FORMS[kind].fullmatch(value):
            return f"{kind}:{value.replace('-', '').upper() if kind == ISRC else value.lower()}"
    return None


def is_blank(text: str) -> bool:
    """Whether an identifier (as `labelled` returns it) has nothing, or only spaces, after its prefix.

    >>> is_blank("isrc: "), is_blank("isrc:x")
    (True, False)
    """
    return not text.removeprefix(f"{ISRC}:").removeprefix(f"{MBID}:").strip()


def prefix_of(text: str) -> str | None:
    """Return the prefix of an identifier ("isrc" or "mbid"), or None if there is no prefix.

    The prefix is returned even if the rest is not a valid identifier.

    >>> prefix_of("ISRC:nonsense"), prefix_of("Free Fallin'")
    ('isrc', None)
    """
    found = _PREFIXED.fullmatch(text.strip())
    return found[1].lower() if found else None


def joined(texts: Iterable[str]) -> str | None:
    """Join the identifiers of a record into one string; return None if there are none."""
    return SEPARATOR.join(replace_surrogates(text) for text in texts if text) or None


def labelled(kind: str, value: object) -> str:
    """Return a value with the prefix of its kind, such as "isrc:", without validating it; "" if it is not a string.

    >>> labelled("isrc", "us-um7-17-03861"), labelled("isrc", None)
    ('isrc:us-um7-17-03861', '')
    """
    return f"{kind}:{value}".removeprefix(":") if value and isinstance(value, str) else ""
