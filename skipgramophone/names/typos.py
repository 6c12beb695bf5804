"""Slips of the keyboard: which names may have been meant by one that nobody has."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from skipgramophone.names.normalization import folded

if TYPE_CHECKING:
    from skipgramophone.experiment.catalogue import Track

NEAR_ENOUGH = 60.0  # rapidfuzz's weighted ratio, of 100
WORD_NEAR_ENOUGH = 80.0  # rapidfuzz's ratio, of 100: "jon" is near "john", 1999 is not near 1998


def nearest(query: str, tracks: list[Track]) -> list[Track]:
    """Those tracks whose name is near a query as a whole, nearest first."""
    names = [folded(track.name) for track in tracks]
    best = process.extract(folded(query), names, scorer=fuzz.WRatio, limit=None, score_cutoff=NEAR_ENOUGH)
    return [tracks[at] for _, _, at in best]


def each_word_near(query: str, tracks: Iterable[Track]) -> list[Track]:
    """Those tracks in whose folded name each word of the query stands, or nearly so, most frequent first.

    Where the words are those of a whole name, or else of a whole title, these tracks alone are meant. A number is never
    misspelt into another, and a query without a letter to go by is near nothing.
    """
    words = _words(query)
    if not any(map(str.isalpha, folded(query))):
        return []
    chosen = [track for track in tracks if _near(words, _words(track.name), folded(track.name))]
    for whole in (attrgetter("name"), attrgetter("title")):
        meant = [
            track
            for track in chosen
            if len(_words(whole(track))) == len(words) and _near(words, _words(whole(track)), folded(whole(track)))
        ]
        if meant:
            chosen = meant
            break
    return sorted(chosen, key=lambda track: (-track.count, track.row))


def _words(name: str) -> list[str]:
    """The words of a folded name that hold a letter or a digit."""
    return [word for word in folded(name).split() if any(map(str.isalnum, word))]


def _near(words: list[str], others: list[str], name: str) -> bool:
    """Whether each of some words stands in a folded name, or nearly so: is near one of its words."""
    return all(word in name or any(_is_slip(word, other) for other in others) for word in words)


def _is_slip(word: str, meant: str) -> bool:
    """Whether one word may have been typed for another: most letters agree, or two neighbours have changed places."""
    if any(map(str.isdigit, word)):
        return False
    if fuzz.ratio(word, meant, score_cutoff=WORD_NEAR_ENOUGH):
        return True
    return len(word) == len(meant) and sorted(word) == sorted(meant) and OSA.distance(word, meant) == 1
