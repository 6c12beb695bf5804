"""Splits artist credits into artists. A credit is the artist field of a track, such as "A, B feat. C".

"A, B", "A feat. B"   These name A and B. There is one exception: A and B are treated as one artist if B always comes
                      directly after A, and A is mostly followed directly by B, as in "Tyler, The Creator". Two artists
                      that only occur together are therefore listed as one.
"A & B", "A x B"      The whole text is one artist. If the other credits that name A have more tracks in total than
                      the credit "A & B", then A is also an artist of the track. The same rule applies to B. If it
                      applies to both A and B, the whole text is not an artist, as in "Elton John & Kiki Dee".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.names.artist_credits import BETWEEN, PERHAPS
from skipgramophone.names.normalization import fold_name
from skipgramophone.names.various_artists import is_nobody

ALWAYS = re.compile(BETWEEN, re.IGNORECASE)
MAYBE = re.compile(PERHAPS, re.IGNORECASE)
EVERY = re.compile(f"{BETWEEN}|{PERHAPS}", re.IGNORECASE)
MOST_PARTS = 12  # maximum number of parts that are tried as one name; a damaged field may have thousands of commas
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CreditedArtists:
    """The artists that a list of credits names.

    Attributes:
        names: folded name of each artist, in order of first appearance.
        artists: int64, numbers of the artists of all credits, concatenated.
        sizes: int64 (credits,), number of artists of each credit.
    """

    names: list[str]
    artists: Numbers
    sizes: Numbers


def credited_artists(written: Sequence[str], tracks: Sequence[int]) -> CreditedArtists:
    """Return the artists that each credit names, in the order of the credit.

    Args:
        written: all folded credits of the catalogue, without duplicates.
        tracks: number of tracks with each credit.

    >>> found = credited_artists(["tyler, the creator", "kali uchis, tyler, the creator", "kali uchis"], [9, 1, 5])
    >>> found.names, found.artists.tolist(), found.sizes.tolist()
    (['tyler, the creator', 'kali uchis'], [0, 1, 0, 1], [1, 2, 1])
    """
    weights = np.array(tracks, np.int64)
    credit, name, number = _names(written, weights)
    count = _count(credit, name, weights, len(number))
    flat, sizes = _artists(list(number), number, count)
    expanded = sizes[name]
    starts = np.cumsum(sizes) - sizes
    within = np.arange(int(expanded.sum())) - np.repeat(np.cumsum(expanded) - expanded, expanded)
    artist, credit = flat[np.repeat(starts[name], expanded) + within], np.repeat(credit, expanded)
    _, first = np.unique(credit * max(1, len(number)) + artist, return_index=True)
    first.sort()
    artist, credit = artist[first], credit[first]
    known, at, numbers = np.unique(artist, return_index=True, return_inverse=True)
    order = np.argsort(at)
    place = np.empty(len(known), np.int64)
    place[order] = np.arange(len(known))
    texts = list(number)
    names = [texts[each] for each in known[order].tolist()]
    return CreditedArtists(names, place[numbers], np.bincount(credit, minlength=len(written)))


def spelling(artist: str, credit: str) -> str:
    """Return the spelling that a credit uses for an artist.

    Args:
        artist: folded name of the artist.
        credit: a credit that names the artist.

    >>> spelling("bjork", "Thom Yorke feat. Björk")
    'Björk'
    """
    return next((text for text in _slices(credit, EVERY) if fold_name(text) == artist), artist)


def parts_of_credit(credit: str, loosely: bool = True) -> list[str]:
    """Return every sequence of one or more consecutive names of a credit, including the whole credit.

    If `loosely` is true, weak separators such as "&", "x" and "with" also separate names (see `is_credited`).

    >>> parts_of_credit("A & B feat. C")
    ['A', 'A & B', 'A & B feat. C', 'B', 'B feat. C', 'C']
    >>> parts_of_credit("A & B feat. C", loosely=False)
    ['A & B', 'A & B feat. C', 'C']
    """
    return list(_slices(credit, EVERY if loosely else ALWAYS))


def _names(written: Sequence[str], tracks: Numbers) -> tuple[Numbers, Numbers, dict[str, int]]:
    """Split credits into names; a name is one part, or several parts that form one name, as in "Tyler, The Creator".

    Returns:
        Three values. For each name, in the order of the credits: the index of the credit that contains it, int64
        (names,), and the number of the name, int64 (names,). Then a dict: text of a name -> its number.
    """
    parts, sizes, apart = _split(written)
    number: dict[str, int] = {}
    part = np.array([number.setdefault(text, len(number)) for text in parts], np.int64)
    credit = np.repeat(np.arange(len(written)), sizes)
    nobody = np.array([is_nobody(text) for text in number], np.bool_)
    apart |= nobody[part] | np.append(nobody[part[1:]], True)
    joined = _joined(credit, part, apart, tracks)
    if not joined.any():
        return credit, part, number
    changed = np.zeros(len(written), np.bool_)
    changed[credit[joined]] = True
    starts = np.cumsum(sizes) - sizes
    credits_of, names_of = [credit[~changed[credit]]], [part[~changed[credit]]]
    for at in np.flatnonzero(changed).tolist():
        text, start = written[at], 0
        bounds = _bounds(text, ALWAYS)
        for place, (_, end) in enumerate(bounds):
            if joined[starts[at] + place]:
                continue
            names_of.append(np.array([number.setdefault(text[start:end], len(number))]))
            credits_of.append(np.array([at]))
            start = bounds[min(place + 1, len(bounds) - 1)][0]
    credit, name = np.concatenate(credits_of), np.concatenate(names_of)
    order = np.argsort(credit, kind="stable")
    return credit[order], name[order], number


def _split(written: Sequence[str]) -> tuple[list[str], Numbers, Flags]:
    """Split credits at the separators that always separate artists, such as a comma or "feat.".

    Returns:
        Three values: the parts of all credits, concatenated; the number of parts of each credit, int64 (credits,); and
        for each part, whether a separator other than a comma follows it, bool (parts,).
    """
    parts: list[str] = []
    sizes, apart = [], []
    for credit in written:
        is_marked = ";" in credit or " f" in credit
        own = ALWAYS.split(credit) if is_marked or "," in credit else [credit]
        if is_marked and len(own) > 1:
            found = enumerate(ALWAYS.findall(credit), len(parts))
            apart += [place for place, separator in found if "," not in separator]
        parts += own
        sizes.append(len(own))
    flags = np.zeros(len(parts), np.bool_)
    flags[apart] = True
    return parts, np.array(sizes, np.int64), flags


def _joined(credit: Numbers, part: Numbers, apart: Flags, tracks: Numbers) -> Flags:
    """Mark each part that forms one name with the next part, as in "Tyler, The Creator"; see the module docstring."""
    joined = np.zeros(len(part), np.bool_)
    place = np.flatnonzero((np.diff(credit) == 0) & ~apart[:-1])
    if not len(place):
        return joined
    several = int(part.max()) + 1
    alone = _count(credit, part, tracks, several)
    pairs, pair = np.unique(part[place] * several + part[place + 1], return_inverse=True)
    together = _count(credit[place], pair, tracks, len(pairs))
    belongs = (together == alone[pairs % several]) & (2 * together > alone[pairs // several])
    joined[place] = belongs[pair]
    return joined


def _count(credit: Numbers, name: Numbers, tracks: Numbers, names: int) -> Numbers:
    """Return the number of tracks with each name, int64 (names,); a name that repeats within a credit counts once."""
    once = np.sort(credit * max(1, names) + name)
    once = once[np.diff(once, prepend=-1) != 0]  # this is much faster than np.unique, which uses hashing
    return np.bincount(once % max(1, names), tracks[once // max(1, names)], names).astype(np.int64)


def _artists(texts: list[str], number: dict[str, int], count: Numbers) -> tuple[Numbers, Numbers]:
    """Return the artists that each name means: the whole name, its parts between separators such as "&", or both.

    Returns:
        Two int64 arrays: the numbers of the artists that the names mean, concatenated, and the number of artists of
        each name.
    """
    flat: list[int] = []
    sizes = []
    for at, (name, tracks) in enumerate(zip(texts, count.tolist(), strict=True)):
        if is_nobody(name) or not tracks:
            own = []
        elif MAYBE.search(name) is None:
            own = [at]
        else:
            numbers = ((part, number.get(part)) for part in _slices(name, MAYBE) if part != name)
            known = {part: found for part, found in numbers if found is not None and count[found] > tracks}
            own = [] if set(MAYBE.split(name)) <= known.keys() else [at]
            own += [found for part, found in known.items() if not is_nobody(part)]
        flat += own
        sizes.append(len(own))
    return np.array(flat, np.int64), np.array(sizes, np.int64)


def _slices(credit: str, separator: re.Pattern[str]) -> Iterator[str]:
    """Yield every sequence of at most `MOST_PARTS` consecutive parts of a credit."""
    bounds = _bounds(credit, separator)
    for at, (first, _) in enumerate(bounds):
        yield from (credit[first:end] for _, end in bounds[at : at + MOST_PARTS])


def _bounds(credit: str, separator: re.Pattern[str]) -> list[tuple[int, int]]:
    """Return where each part of a credit begins and ends."""
    start, bounds = 0, []
    for match in separator.finditer(credit):
        bounds.append((start, match.start()))
        start = match.end()
    bounds.append((start, len(credit)))
    return bounds
