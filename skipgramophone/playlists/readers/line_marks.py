"""Find the marks before and after the names in a list.

Marks are numbers, sides of records, bullets, emoji, codes of karaoke discs, times within a mix, durations, suffixes of
audio files, and albums.

    1. Nell Quay - Paper Boats          00:06:21 Nell Quay - Paper Boats
    2. The Hatches - Kitchen Song       00:10:02 The Hatches - Kitchen Song

A mark counts only if more than half of the lines have it (emoji and codes of karaoke discs: more than 90 %). In
addition, numbers and times must increase or decrease from line to line. After a line without a number or time, they may
start again. Numbers may also be ranks with ties, such as 1, 2, 2, 4 or =2. Therefore, "50 Cent - In da Club" or
"21:19 - Rain" is read as a name if the other lines have no such numbers or times.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise

JUDGED_LINES = 1000  # number of lines at the start of a list that are examined to find the marks
FEWEST_LINES = 3  # a shorter list has no marks, because any two numbers increase or decrease
MOST_MARKS = 3  # maximum number of marks before a name, such as a bullet, a number and a time
HALF = 0.5  # more than this share of the names must begin with a mark
NEARLY_ALL = 0.9  # the same for marks that could also be part of a name
IN_ORDER = 0.9  # minimum share of the pairs of consecutive numbers or times that are in order
TIME = r"(?:\d{1,2}:)?\d{1,2}:\d{1,2}"
# Marks before a name. In the patterns with a number, the first group matches the digits.
PUNCTUATED_NUMBER = re.compile(r"[\[(#=T]?(\d{1,4})=?(?:[.):\]]+\s+|\t+)(?=\S)")
BRACKETED_NUMBER = re.compile(r"[【〔［](\d{1,4})[】〕］]\s*(?=\S)")
SYMBOLIC_NUMBER = re.compile(r"([\u2460-\u2473\U0001f51f]|(?:\d\ufe0f?\u20e3)+)\s*(?=\S)")  # such as ① and 1️⃣
# The side and the number of a track on a record or tape, such as A1 or "B2."
SIDE_AND_NUMBER = re.compile(r"[A-H](\d{1,2})[.):]?\s+(?:[-–—]\s+)?(?=\S)")
PLAIN_NUMBER = re.compile(r"[#=T]?(\d{1,4})=?(?: +[-–—] +| +)(?=\S)")
TIME_BEFORE = re.compile(rf"[\[(]?({TIME})[\])]?(?:\s+[-–—|]\s+|\s*[|:]\s*|\s+)(?=\S)")
BULLET = re.compile(r"[-*+•·‣▪–—]\s+(?=\S)")
# Symbols such as ♪, and emoji.
SYMBOLS = re.compile(r"(?:[\u2190-\u23ff\u2500-\u2bff\U0001f000-\U0001faff][\ufe0f\u200d]*)+\s+(?=\S)")
# The code of a karaoke disc and its track, before an artist and a title.
DISC_CODE = re.compile(r"[A-Za-z]{1,6}-?(?:\d{1,6}-\d{1,3}|\d{3,6})\s+[-–—]\s+(?=\S.*\s[-–—]\s)")
TOGETHER = re.compile(r"w/\s+(?=\S)")  # before a track that a DJ plays together with the previous one
# A mark inside a name: album and number, as in the lists that foobar2000 copies.
ALBUM = re.compile(r" - \[[^][]+ #\d+\] +(?=\S)")
# A link of Markdown, whose text is the name or a part of it.
LINK = re.compile(r"\[((?:[^][]|\[[^][]*\])+)\]\(https?://[^\s()]+\)")
# Marks after a name.
TIME_AFTER = re.compile(rf"(?:\s+[-–—|]\s+|\s+)[\[(]?{TIME}[\])]?$")
AUDIO_SUFFIX = re.compile(r"\.(?:mp3|m4a|flac|ogg|opus|wav|wma|aac|aiff?)$", re.IGNORECASE)
Values = Sequence[Sequence[int]]  # for each run of consecutive lines with a mark: its numbers, or times in seconds
# Each mark that may come before a name, with a share and a function. More than this share of the names must begin with
# the mark. The function gets the `Values` of the mark, and returns whether they are plausible for a list.
BEFORE: tuple[tuple[re.Pattern[str], float, Callable[[Values], bool]], ...]


def _steps(values: Values) -> list[int]:
    """Return the difference between the values of each two consecutive lines."""
    return [after - before for run in values for before, after in pairwise(run)]


def _are_in_order(values: Values) -> bool:
    """Whether numbers nearly always increase, or nearly always decrease; some may be equal, as tied ranks are."""
    steps = _steps(values)
    rising, falling, equal = (sum(map(fits, steps)) for fits in ((0).__lt__, (0).__gt__, (0).__eq__))
    return max(rising, falling) >= equal and max(rising, falling) + equal >= IN_ORDER * len(steps)


def _are_consecutive(values: Values) -> bool:
    """Whether numbers nearly always increase by 1, or nearly always decrease by 1.

    Numbers with tied ranks, such as 1, 2, 2, 4, are treated as increasing by 1.
    """
    return _are_ranks(values) or _are_ranks([run[::-1] for run in values])


def _are_ranks(values: Values) -> bool:
    """Whether numbers nearly always increase by 1, apart from tied ranks.

    After a tie such as 2, 2, the next number may be 3, or 4 because two values tie.

    >>> _are_ranks([[1, 2, 2, 4]]), _are_ranks([[1, 2, 2, 3]]), _are_ranks([[1, 2, 4]]), _are_ranks([[50, 50, 51]])
    (True, True, False, False)
    """
    fitting = equal = steps = 0
    for run in values:
        ties = 0
        for before, after in pairwise(run):
            step = after - before
            fitting += step in (0, 1, 1 + ties)
            equal += step == 0
            ties = ties + 1 if step == 0 else 0
        steps += len(run) - 1
    return 2 * equal < steps and fitting >= IN_ORDER * steps


def _are_sides(values: Values) -> bool:
    """Whether the numbers of tracks on sides begin at 1 and increase by 1; on another side, they begin again.

    >>> _are_sides([[1, 2, 3, 1, 2]]), _are_sides([[1, 3]]), _are_sides([[2, 2]])
    (True, False, False)
    """
    runs = [run for run in values if run]
    return all(run[0] == 1 and all(after in (1, before + 1) for before, after in pairwise(run)) for run in runs)


def _is_plausible(_values: Values) -> bool:
    """Return true, because marks without numbers, such as bullets, cannot be out of order."""
    return True


BEFORE = (
    (TIME_BEFORE, HALF, _are_in_order),
    (PUNCTUATED_NUMBER, HALF, _are_in_order),
    (BRACKETED_NUMBER, HALF, _are_in_order),
    (SYMBOLIC_NUMBER, HALF, _are_in_order),
    (SIDE_AND_NUMBER, NEARLY_ALL, _are_sides),
    (PLAIN_NUMBER, HALF, _are_consecutive),
    (BULLET, HALF, _is_plausible),
    (SYMBOLS, NEARLY_ALL, _is_plausible),
    (DISC_CODE, NEARLY_ALL, _is_plausible),
)


class LineMarks:
    """The marks of a list.

    Attributes:
        before: patterns of the marks before a name, in their order on a line.
        after: patterns of the marks after a name.
        has_albums: whether each line has an album between the artist and the title.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        """Find the marks in the first lines of a list."""
        self.has_albums = False
        self.before: list[re.Pattern[str]] = []
        self.after: list[re.Pattern[str]] = []
        names = [line.strip() for line in lines if line.strip()]
        if len(names) < FEWEST_LINES:
            return
        while len(self.before) < MOST_MARKS and (mark := _mark_before(names)):
            self.before.append(mark)
            names = [mark.sub("", name, count=1) for name in names if mark.match(name)]
        names = [LINK.sub(r"\1", name) for name in names]
        for mark in (TIME_AFTER, AUDIO_SUFFIX):
            if 2 * sum(mark.search(name) is not None for name in names) > len(names):
                self.after.append(mark)
                names = [mark.sub("", name) for name in names]
        self.has_albums = 2 * sum(ALBUM.search(name) is not None for name in names) > len(names)

    def name_on(self, line: str) -> tuple[str, bool]:
        """Return the name on a line without marks, and whether the line has all marks that the list has before names.

        >>> LineMarks(["1. Ada - Rain", "2. Nell - Salt", "3. Fenn - Tide"]).name_on(" 4. Nell - Home")
        ('Nell - Home', True)
        """
        name, is_marked = line.strip(), True
        for mark in self.before:
            found = mark.match(name)
            is_marked = is_marked and found is not None
            name = name[found.end() :] if found else name
        name = LINK.sub(r"\1", name) if "](" in name else name
        for mark in self.after:
            name = mark.sub("", name)
        name = TOGETHER.sub("", name, count=1) if self.before and name.startswith("w/") else name
        return ALBUM.sub(" - ", name, count=1) if self.has_albums else name, is_marked


def _mark_before(names: Sequence[str]) -> re.Pattern[str] | None:
    """Return the first pattern in `BEFORE` that enough of the names begin with, or None if there is none."""
    for mark, least, can_be_list in BEFORE:
        found = [mark.match(name) for name in names]
        values: list[list[int]] = [[]]
        for match in found if mark.groups else ():
            if match is None:
                values.append([])
            else:
                values[-1].append(_value(match[1]))
        if sum(match is not None for match in found) > least * len(names) and can_be_list(values):
            return mark
    return None


def _value(text: str) -> int:
    """Return the number that a mark contains, or the seconds of a time.

    >>> _value("1:02"), _value("1\ufe0f\u20e32\ufe0f\u20e3"), _value("③"), _value("\U0001f51f")
    (62, 12, 3, 10)
    """
    text = re.sub("[\ufe0f\u20e3]", "", text)
    if not re.search(r"\d", text):
        return int(unicodedata.numeric(text, 10))
    value = 0
    for part in text.split(":"):
        value = 60 * value + int(part)
    return value
