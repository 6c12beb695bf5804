"""Decides whether an unused column may contain artists or names of playlists; only its values are examined."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

from skipgramophone.playlists.readers.histories import seconds_since_1970
from skipgramophone.playlists.readers.missing_values import MISSING
from skipgramophone.playlists.readers.numeric_dates import DateOrder
from skipgramophone.playlists.readers.times_of_day import seconds_of_clock

NUMBER = re.compile(r"-?\d+(\.\d+)?")
ID = re.compile(r"\S*\d\S*")  # matches a value without spaces that contains a digit
NUMBER_OR_DATE = re.compile(r"[-+]?\d+([-/.:,]\d+){0,2}([T ]\d.*| ?[kKmM万萬億亿천만])?")
URI = re.compile(r"[a-z][a-z0-9+.-]+:\S+", re.IGNORECASE)
# Link to a playlist, album, artist, user, play or show instead of a track.
OTHER_URI = re.compile(r"[:/](playlists?|albums?|artists?|users?|plays?|listens?|shows?)[:/?][^:/]*/?$")
TRACK_URI = re.compile(r"spotify:track:\w+|https?://open\.spotify\.com/(?:intl-\w+/)?track/\S+")
AUDIO_FILE = re.compile(
    r".*\.(mp[234]|m4[abpv]|flac|og[ag]|opus|spx|wave?|wma|aac|aif[fc]?|alac|ape|wv|mpc|mka|dsf|mid|webm)",
    re.I | re.DOTALL,
)
VERSION = re.compile(
    r"(?:original|extended|radio|club|dub|main|vocal|instrumental)(?: (?:mix|version|edit))?"
    r"|.*\b(?:remix|edit|version)",
    re.IGNORECASE,
)
# Matches the end of the normalized name of a column with times.
TIME_NAME = re.compile(r"(time|date|stamp|ts|at|on|start|begin|zeit|datum|fecha|data|heure|hora)([mun]?sec|[mun]s)?$")
EARLIEST_TIME = 100_000_000  # seconds since 1970; a smaller number is probably a duration or an id, not a time
FEWEST_ROWS = 5  # in a shorter table, equal values may be a coincidence
LETTERS = re.compile(r"[^\W\d_]")
FLAGS = frozenset(("true", "false", "yes", "no", "ja", "nein", "oui", "non", "sì", "sí", "si", "x", "y", "n"))

Table = list[list[str]]  # rows of fields; the first row may be a header


def column_numbers(rows: Table) -> list[str]:
    """Return the numbers of the columns, counted from 1, as texts; they name the columns of a table without a header.

    >>> column_numbers([["Ada Fenn", "Rain"]])
    ['1', '2']
    """
    return [f"{number}" for number in range(1, len(rows[0]) + 1)]


def values_of(rows: Table, name: str) -> list[str]:
    """Return the values of the column `name`, without spaces around them.

    Rows whose number of fields differs from that of the first row are left out.
    """
    at = rows[0].index(name)
    return [row[at].strip() for row in rows[1:] if len(row) == len(rows[0])]


def known_values(rows: Table, name: str) -> list[str]:
    """Return the values of a column; those that programs write for a missing value, such as NaN, become ""."""
    return ["" if value in MISSING else value for value in values_of(rows, name)]


def most_fit(values: Iterable[str], fits: Callable[[str], object]) -> bool:
    """Whether `fits` is true for most of the non-empty values."""
    filled = list(filter(None, values))
    return bool(filled) and sum(bool(fits(value)) for value in filled) > 0.5 * len(filled)


def all_differ(values: Iterable[str]) -> bool:
    """Whether there are at least two non-empty values, and all of them are different."""
    filled = list(filter(None, values))
    return 1 < len(filled) == len(set(filled))


def have_one_value_each(keys: Sequence[Hashable], values: Sequence[str]) -> bool:
    """Whether all rows with the same key have the same value.

    >>> have_one_value_each("aab", ["1", "1", "1"]), have_one_value_each("aab", ["1", "2", "1"])
    (True, False)
    """
    return len(set(zip(keys, values, strict=True))) == len(set(keys))


def is_constant(values: Sequence[str]) -> bool:
    """Whether all rows of a column have the same value; false if there are few rows, which may be one playlist.

    >>> is_constant(["a1b2"] * 5), is_constant(["a1b2"] * 4), is_constant(["a1b2", "", "a1b2", "", "a1b2"])
    (True, False, False)
    """
    return len(values) >= FEWEST_ROWS and len(set(values)) == 1


def is_text(values: Sequence[str]) -> bool:
    """Whether most of the non-empty values are text.

    Numbers, dates, links, and flags such as "yes" and "no" do not count as text.

    >>> is_text(["Nell Quay", "50 Cent"]), is_text(["01.02.2024", "2.5"]), is_text(["yes", "no"])
    (True, False, False)
    """
    filled = [value.strip() for value in values if value.strip()]
    return sum(map(_is_text, filled)) > len(filled) / 2


def _is_text(value: str) -> bool:
    """Whether a value has letters, and is neither a date, a time of day, a link nor a flag."""
    if seconds_of_clock(value) is not None:
        return False
    if NUMBER_OR_DATE.fullmatch(value) or URI.fullmatch(value) or value.casefold() in FLAGS:
        return False
    return LETTERS.search(value) is not None


def are_audio_files(values: Sequence[str]) -> bool:
    """Whether most of the non-empty values are names, paths or links of audio files.

    >>> are_audio_files(["Home.mp3", "file:///music/01%20Salt.flac"]), are_audio_files(["Home", "Salt.mp3"])
    (True, False)
    """
    filled = list(filter(None, values))
    return sum(AUDIO_FILE.fullmatch(value) is not None for value in filled) > len(filled) / 2


def are_versions(values: Sequence[str]) -> bool:
    """Whether most of the non-empty values name versions of tracks, as a column "Mix Name" of a DJ's shop does.

    >>> are_versions(["Original Mix", "Ada Remix", "Radio Edit"]), are_versions(["Summer Mix 2024", "Evening"])
    (True, False)
    """
    return most_fit(values, VERSION.fullmatch)


def may_be_artists(values: Sequence[str], titles: Sequence[str]) -> bool:
    """Whether the values of a column may be the artists of `titles`.

    The values must be text. In addition, at least half of them must be different, or one title must occur with several
    of them.

    >>> may_be_artists(["Lanyards", "Nell Quay"], ["Home", "Home"]), may_be_artists(["MP3", "MP3"], ["Home", "Salt"])
    (True, False)
    """
    if not is_text(values):
        return False
    distinct, by_title = set(filter(None, values)), defaultdict[str, set[str]](set)
    for value, title in zip(values, titles, strict=True):
        by_title[title].add(value)
    many = len(distinct) > 1 and 2 * len(distinct) >= len(values)
    return many or any(len(found) > 1 for found in by_title.values())


def may_separate_playlists(values: Sequence[str]) -> bool:
    """Whether the values of a column may be the names of playlists.

    The values must be text. On average, each value must be in more than two rows, and at least two values must repeat.

    >>> may_separate_playlists(["Evening"] * 3 + ["Morning"] * 2), may_separate_playlists(["Evening"] * 5)
    (True, False)
    """
    counts = Counter(filter(None, values))
    repeated = sum(count > 1 for count in counts.values())
    return is_text(values) and repeated > 1 and 2 * len(counts) < len(values)


def is_time(text: str, order: DateOrder = "") -> bool:
    """Whether a string is a date, perhaps with a time, or a number that means a time, such as seconds since 1970.

    Args:
        text: the string.
        order: how dates are written; see `DateOrder`. The result is false for a date such as 01/02/2024 if `order` does
            not say which part comes first.
    """
    seconds = seconds_since_1970(text, order)
    return seconds is not None and (not NUMBER.fullmatch(text.strip()) or seconds >= EARLIEST_TIME)
