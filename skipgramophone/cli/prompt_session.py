"""A conversation about tracks: what each line means after what has been asked and listed before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skipgramophone.errors import SettingError, TrackNameError
from skipgramophone.lookup.results import Answer, Seed

if TYPE_CHECKING:
    from skipgramophone.experiment.catalogue import Track
    from skipgramophone.lookup.lookup import Lookup
    from skipgramophone.settings import SimilarSettings

HELP = """\
name               the tracks that are like it; a part of the name will do
3                  those that are like the third track of the list
+name +3 -name -3  towards this track too, away from this one
<                  back to the question before
=name              a name that is a number, or begins with one of these signs
Tab completes a name, the arrows bring back earlier lines, Ctrl-C drops a line, Ctrl-D leaves."""
BACK = "<"
LIKE, UNLIKE, NAME = "+", "-", "="


class Conversation:
    """Answers line after line.

    Attributes:
        listed: the tracks that numbers stand for, from 1.
    """

    def __init__(self, lookup: Lookup, settings: SimilarSettings) -> None:
        self.listed: tuple[Track, ...] = ()
        self._lookup = lookup
        self._settings = settings
        self._asked: list[tuple[Seed, ...]] = []  # what has been answered, the present question last

    def answer(self, line: str) -> Answer:
        """Answer a line.

        Raises:
            TrackNameError: a name does not mean one track; `listed` are those that it may mean, if there are any.
            SettingError: the line asks for nothing, or likes and unlikes cancel each other out.
        """
        if line == BACK:
            return self._back()
        sign = line[0] if line[0] in (LIKE, UNLIKE, NAME) else ""
        before = self._asked[-1] if sign in (LIKE, UNLIKE) and self._asked else ()
        seed, notes = self._seed(line.removeprefix(sign).strip(), sign)
        others = tuple(earlier for earlier in before if earlier.track.row != seed.track.row)
        if sign == UNLIKE and not others:
            raise SettingError("there is nothing else to move away from: begin with a track")
        seeds = (*others, seed)
        answer = self._ask(seeds, notes)
        self._asked.append(seeds)
        return answer

    def _seed(self, name: str, sign: str) -> tuple[Seed, list[str]]:
        """What a number of the list or a name means, and what is to be said about it."""
        weight = -1.0 if sign == UNLIKE else 1.0
        if sign != NAME and name.isdecimal() and 1 <= int(name) <= len(self.listed):
            return Seed(self.listed[int(name) - 1], weight), []
        try:
            return self._lookup.seed(name, weight)
        except TrackNameError as error:
            if error.candidates:
                self.listed = tuple(self._lookup.catalogue.candidates(name))
            raise

    def _back(self) -> Answer:
        """Answer the question before once more."""
        if len(self._asked) < 2:
            raise SettingError("there is no question before")
        self._asked.pop()
        return self._ask(self._asked[-1], [])

    def _ask(self, seeds: tuple[Seed, ...], notes: list[str]) -> Answer:
        """Look seeds up, and let numbers stand for what is found."""
        answer = self._lookup.similar_to(seeds, self._settings, notes)
        self.listed = tuple(near.track for near in answer.neighbours)
        return answer
