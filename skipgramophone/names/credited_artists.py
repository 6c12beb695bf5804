"""The artists that the credits of a catalogue name. A credit is the artist of a track, such as "A, B feat. C".

"A, B", "A feat. B"   name A and B. They are one artist if B only occurs right after A, and A mostly right before B:
                      "Tyler, The Creator". Two artists that only occur together are listed as one.
"A & B", "A x B"      name one artist, and also A or B if that is credited elsewhere on more tracks. If both are,
                      they name A and B alone: "Elton John & Kiki Dee".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from skipgramophone.names.artist_credits import BETWEEN, PERHAPS
from skipgramophone.names.normalization import fold_name
from skipgramophone.names.various_artists import is_nobody

ALWAYS = re.compile(BETWEEN, re.IGNORECASE)
MAYBE = re.compile(PERHAPS, re.IGNORECASE)
EVERY = re.compile(f"{BETWEEN}|{PERHAPS}", re.IGNORECASE)
MOST_PARTS = 12  # of a credit that are tried as one name: a damaged field may have thousands of commas
Pair = tuple[str, str]  # consecutive parts of a credit
Bounds = Sequence[tuple[int, int]]  # where the parts of a credit begin and end
Joined = frozenset[Pair]  # pairs that are one name


def credited_artists(written: Sequence[str], tracks: Sequence[int]) -> list[list[str]]:
    """Return the artists that each of some credits names, as folded names in the order of the credit.

    Args:
        written: folded credits, all that there are, without repeats.
        tracks: number of tracks with each of them.

    >>> credited_artists(["tyler, the creator", "kali uchis, tyler, the creator", "kali uchis"], [9, 1, 5])
    [['tyler, the creator'], ['kali uchis', 'tyler, the creator'], ['kali uchis']]
    """
    bounds = [_bounds(credit, ALWAYS) for credit in written]
    joined = _joined_pairs(written, bounds, tracks)
    names = [dict.fromkeys(_names(credit, own, joined)) for credit, own in zip(written, bounds, strict=True)]
    count = Counter[str]()
    for each, number in zip(names, tracks, strict=True):
        for name in each:
            count[name] += number
    artists_of = {name: _artists(name, count) for name in count}
    return [list(dict.fromkeys(artist for name in each for artist in artists_of[name])) for each in names]


def spelling(artist: str, credit: str) -> str:
    """Return the name of an artist, given as a folded name, as a credit spells it.

    >>> spelling("bjork", "Thom Yorke feat. Björk")
    'Björk'
    """
    return next((text for text in _slices(credit, EVERY) if fold_name(text) == artist), artist)


def _joined_pairs(written: Sequence[str], bounds: Sequence[Bounds], tracks: Sequence[int]) -> Joined:
    """Return the pairs of consecutive parts that are one name: the second never occurs without the first before it."""
    alone, after = Counter[str](), Counter[Pair]()
    for credit, own, number in zip(written, bounds, tracks, strict=True):
        for part in {credit[first:end] for first, end in own}:
            alone[part] += number
        for pair in set(_pairs(credit, own)) if len(own) > 1 else ():
            if pair is not None:
                after[pair] += number
    return frozenset(pair for pair, number in after.items() if alone[pair[1]] == number and 2 * number > alone[pair[0]])


def _names(credit: str, bounds: Bounds, joined: Joined) -> Iterator[str]:
    """Yield the names in a credit: its parts, where parts that belong together are one name."""
    if len(bounds) == 1:
        yield credit
        return
    start = 0
    for (_, end), (first, _), pair in zip(bounds, bounds[1:], _pairs(credit, bounds), strict=False):
        if pair not in joined:
            yield credit[start:end]
            start = first
    yield credit[start : bounds[-1][1]]


def _pairs(credit: str, bounds: Bounds) -> list[Pair | None]:
    """Return each two consecutive parts of a credit; None if something else than a comma separates them."""
    return [
        (credit[first:end], credit[then:last]) if "," in credit[end:then] else None
        for (first, end), (then, last) in pairwise(bounds)
    ]


def _artists(name: str, count: Mapping[str, int]) -> list[str]:
    """Return the artists that a name means: itself, parts between "&" and the like, or both."""
    if is_nobody(name):
        return []
    parts = MAYBE.split(name)
    if len(parts) == 1:
        return [name]
    known = [part for part in _slices(name, MAYBE) if part != name and count.get(part, 0) > count[name]]
    artists = [] if set(parts) <= set(known) else [name]
    return [*artists, *(part for part in known if not is_nobody(part))]


def _slices(credit: str, separator: re.Pattern[str]) -> Iterator[str]:
    """Yield every sequence of consecutive parts of a credit."""
    bounds = _bounds(credit, separator)
    for at, (first, _) in enumerate(bounds):
        yield from (credit[first:end] for _, end in bounds[at : at + MOST_PARTS])


def _bounds(credit: str, separator: re.Pattern[str]) -> Bounds:
    """Return where each part of a credit begins and ends."""
    start, bounds = 0, []
    for match in separator.finditer(credit):
        bounds.append((start, match.start()))
        start = match.end()
    bounds.append((start, len(credit)))
    return bounds
