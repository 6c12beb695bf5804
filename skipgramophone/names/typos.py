"""Typos: find the names that a misspelt query may mean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from operator import attrgetter
from typing import Protocol, TypeVar

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from skipgramophone.names.artist_credits import BETWEEN, PERHAPS
from skipgramophone.names.normalization import SEPARATOR, fold_name, split_name, words_of
from skipgramophone.names.song_versions import is_version, song_title
from skipgramophone.settings import VERSIONS

NEAR_ENOUGH = 60.0  # minimum similarity of names: rapidfuzz's WRatio, from 0 to 100
CLEAR_PART = 1 / 3  # minimum share of the query's letters that are in words that the suggested name also contains
SHORT = 3  # Words with at most this many Latin letters, such as "the" and "of", do not count.
MUCH_LESS = 15.0  # names whose score is lower than the best by more than this are left out
SAME = 90.0  # minimum similarity of two spellings of one name: rapidfuzz's ratio, from 0 to 100
EVERY_ARTIST = re.compile(f"{BETWEEN}|{PERHAPS}")
NUMBERS = re.compile(r"\d+|\b[ivx]+\b")
WORD_NEAR_ENOUGH = 80.0  # minimum similarity of words: rapidfuzz's ratio; "jon" is similar to "john"


class Named(Protocol):
    """Protocol: a track with a name and a count."""

    @property
    def row(self) -> int:
        """Row in the catalogue."""

    @property
    def name(self) -> str:
        """Artist and title."""

    @property
    def title(self) -> str:
        """Title alone."""

    @property
    def count(self) -> int:
        """Occurrences in playlists."""


AnyTrack = TypeVar("AnyTrack", bound=Named)


def nearest(query: str, tracks: list[AnyTrack]) -> list[AnyTrack]:
    """Return the tracks whose whole name is similar to the query and has a clear part in common with it, best first.

    `has_clear_part` defines what a clear part is.
    """
    found = (tracks[at] for at, _ in _scores(query, [track.name for track in tracks]))
    return [track for track in found if has_clear_part(query, track.name, split_name(track.name)[0])]


def nearest_names(query: str, names: list[str]) -> list[str]:
    """Return the names similar to the query, most similar first, without those that score far below the best.

    Each of them has a clear part in common with the query (see `has_clear_part`).
    """
    scores = [(at, score) for at, score in _scores(query, names) if has_clear_part(query, names[at])]
    return [names[at] for at, score in scores if score >= scores[0][1] - MUCH_LESS]


def has_clear_part(query: str, *names: str) -> bool:
    """Whether one of the names has enough in common with the query to be a plausible suggestion.

    This is true in three cases. Spaces, accents and case are ignored in all of them.

    - the name contains the query, possibly with typos;
    - at least `CLEAR_PART` of the query's letters are in words that the name also contains, possibly with typos (words
      of one to three Latin letters are ignored, because they are too frequent);
    - the query has the form "artist - title", and the name is its artist or its title.

    >>> has_clear_part("Toto - Africa", "Electric Pelican - Narrow Motorway"), has_clear_part("daftpunk", "Daft Punk")
    (False, True)
    >>> has_clear_part("Toto - Afrika", "Africa"), has_clear_part("the wall", "The Sky of the Dogs")
    (True, False)
    """
    folded, words = fold_name(query), words_of(query)
    parts, letters, joined = folded.split(SEPARATOR), sum(map(len, words)), folded.replace(" ", "")
    clear = [word for word in words if len(word) > SHORT or not word.isascii()]

    def shares(name: str) -> bool:
        """Whether a folded name has a clear part in common with the query."""
        others, whole = words_of(name), name.replace(" ", "")
        if name in parts or (len(whole) + 1 >= len(joined) and fuzz.partial_ratio(joined, whole) >= SAME):
            return True
        common = (word for word in clear if word in others or any(_is_typo(word, other) for other in others))
        return sum(map(len, common)) >= CLEAR_PART * letters

    return letters > 0 and any(shares(fold_name(name)) for name in names)


def _scores(query: str, names: list[str]) -> list[tuple[int, float]]:
    """Return index and score of each name that is similar to the query, most similar first."""
    folded = list(map(fold_name, names))
    best = process.extract(fold_name(query), folded, scorer=fuzz.WRatio, limit=None, score_cutoff=NEAR_ENOUGH)
    return [(at, score) for _, score, at in best]


def each_word_near(query: str, tracks: Iterable[AnyTrack]) -> list[AnyTrack]:
    """Return the tracks whose name contains each word of the query, possibly with typos, most frequent first.

    If the words make up the whole name of some tracks, only these tracks are returned. Otherwise, if they make up the
    whole title of some tracks, only those are returned. A number never matches another number, and a query without
    letters matches nothing.
    """
    words = words_of(query)
    chosen = [track for track in tracks if contains_each_word(query, track.name)]
    for whole in (attrgetter("name"), attrgetter("title")):
        same_length = (track for track in chosen if len(words_of(whole(track))) == len(words))
        meant = [track for track in same_length if _contain(whole(track), words)]
        if meant:
            chosen = meant
            break
    return sorted(chosen, key=lambda track: (-track.count, track.row))


def contains_each_word(query: str, name: str) -> bool:
    """Whether a name contains each word of a query, possibly with typos; false for a query without letters."""
    return any(map(str.isalpha, fold_name(query))) and _contain(name, words_of(query))


def most_similar(names: tuple[str, str], known: list[tuple[str, str]]) -> tuple[str, str] | None:
    """Return the known artist and title that are most similar to `names` and differ only by a typo, or None.

    All names are folded. The artist must be similar to the artist in `names`, and the title to the title in `names`:
    each with a ratio of at least `SAME`. Artist and title must also have the same number of words and the same numerals
    as those in `names`. Both titles must have version remarks of the same kinds, such as "live".

    >>> most_similar(("ada fen", "green door"), [("ada fenn", "green door"), ("ada fenn", "green floor")])
    ('ada fenn', 'green door')
    >>> most_similar(("ada fenn", "song 3"), [("ada fenn", "song 4"), ("ada fenn", "song 3 live")])
    """
    titles = process.extract(names[1], [title for _, title in known], scorer=fuzz.ratio, limit=None, score_cutoff=SAME)
    best: tuple[float, tuple[str, str]] | None = None
    for _, of_title, at in titles:
        of_artist = fuzz.ratio(names[0], known[at][0], score_cutoff=SAME)
        alike = all(_fixed_parts(one) == _fixed_parts(other) for one, other in zip(names, known[at], strict=True))
        if of_artist and alike and (best is None or of_title + of_artist > best[0]):
            best = of_title + of_artist, known[at]
    return best[1] if best else None


def are_alike(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two pairs of artist and title may name the same recording.

    The titles, without remarks such as "live" or "remaster", must be similar and have the same numbers. The artists
    must be similar or share a credited artist. If an artist is missing, it is enough that the words of one name (artist
    and title) are all in the other name.

    >>> are_alike(("Beyoncé", "Halo"), ("Beyonce feat. X", "HALO (Album Version)"))
    True
    >>> are_alike(("A", "Part 1"), ("A", "Part 2")), are_alike(("Bach", "Aria"), ("Gould", "Aria"))
    (False, False)
    """
    (artist, title), (second_artist, second_title) = (_comparable(names) for names in (one, other))
    if NUMBERS.findall(title) != NUMBERS.findall(second_title) and artist and second_artist:
        return False
    if not (artist and second_artist):
        return fuzz.token_set_ratio(f"{artist} {title}", f"{second_artist} {second_title}") >= SAME
    if not _are_similar(title, second_title):
        return False
    artists = (set(EVERY_ARTIST.split(credit)) for credit in (artist, second_artist))
    return bool(set.intersection(*artists)) or _are_similar(artist, second_artist)


def may_mean(asked: tuple[str, str], known: tuple[str, str]) -> bool:
    """Whether an artist and a title may mean a known track.

    This is true if the pairs of artist and title are alike (see `are_alike`). It is also true if the artists are alike
    and the titles differ by exactly one typo.

    A typo is a letter that is missing, added, replaced or swapped with the next one. A replaced digit is not a typo.

    >>> may_mean(("Linkin Park", "Nmub"), ("Linkin Park", "Numb")), may_mean(("A", "1994"), ("A", "194"))
    (True, True)
    >>> may_mean(("A", "Song 3"), ("A", "Song 4")), may_mean(("Cher", "Believe"), ("Galcher", "Believe me"))
    (False, False)
    """
    if are_alike(asked, known):
        return True
    one, other = fold_name(asked[1]), fold_name(known[1])
    if not are_alike((asked[0], other), (known[0], other)) or OSA.distance(one, other, score_cutoff=1) > 1:
        return False
    replaced = [pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]]
    return len(one) != len(other) or len(replaced) != 1 or not any(map(str.isdigit, replaced[0]))


def is_one_typo(one: str, other: str) -> bool:
    """Whether two ids are equal or differ by one typo, ignoring case.

    A typo is a character that is missing, added, replaced or swapped with the next one.

    >>> is_one_typo("14169", "141699"), is_one_typo("1416", "141699")
    (True, False)
    """
    return OSA.distance(one.lower(), other.lower(), score_cutoff=1) <= 1


def _comparable(names: tuple[str, str]) -> tuple[str, str]:
    """Return the folded artist, and the folded title without remarks on the version."""
    return fold_name(names[0]), song_title(names[1])


def _are_similar(one: str, other: str) -> bool:
    """Whether most letters of two folded names match, or one of the names contains all words of the other."""
    return fuzz.ratio(one, other) >= WORD_NEAR_ENOUGH or fuzz.token_set_ratio(one, other) >= SAME


def _fixed_parts(name: str) -> tuple[int, list[str], list[str]]:
    """Return what a typo does not change: number of words, numerals (such as 2 or ii) and kinds of versions."""
    return len(name.split()), NUMBERS.findall(name), [kind for kind in VERSIONS if is_version(name, [kind])]


def _contain(name: str, words: list[str]) -> bool:
    """Whether a name contains every given word, exactly or with a typo."""
    whole, others = fold_name(name), words_of(name)
    return all(word in whole or any(_is_typo(word, other) for other in others) for word in words)


def _is_typo(word: str, meant: str) -> bool:
    """Whether one word may be a typo of another: most letters match, or two adjacent letters are swapped."""
    if any(map(str.isdigit, word)):
        return False
    if fuzz.ratio(word, meant, score_cutoff=WORD_NEAR_ENOUGH):
        return True
    return len(word) == len(meant) and sorted(word) == sorted(meant) and OSA.distance(word, meant) == 1
