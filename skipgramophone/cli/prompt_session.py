"""The state of the prompt. A line may refer to earlier queries and to the list that was shown last."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from skipgramophone.errors import SettingError, TrackNameError
from skipgramophone.lookup.results import Answer, Seed

if TYPE_CHECKING:
    from skipgramophone.experiment.catalogue import Track
    from skipgramophone.lookup.lookup import Lookup
    from skipgramophone.settings import SimilarSettings

HELP = """\
name               similar tracks; part of the name is enough
3                  tracks similar to number 3 of the list
+name +3 -name -3  move towards this track, or away from it
<                  back to the previous query
> or +             the next tracks of this list
=name              a name that is a number or a command, or begins with a sign
help, ?            this text
quit, exit         leave, as Ctrl-D does
Tab completes a name, arrow keys recall earlier lines, Ctrl-C clears the line."""
BACK, MORE = "<", ">"
LIKE, UNLIKE, NAME = "+", "-", "="


class PromptState:
    """Answers the lines of a prompt session one after the other.

    Attributes:
        listed: the tracks that numbers refer to, from 1.
    """

    def __init__(self, lookup: Lookup, settings: SimilarSettings) -> None:
        self.listed: tuple[Track, ...] = ()
        self._lookup = lookup
        self._settings = settings
        self._asked: list[tuple[Seed, ...]] = []  # seed tracks of each answered query, latest last
        self._pages = 0  # number of lists shown for the latest query

    def answer(self, line: str) -> Answer:
        """Answer a line.

        Raises:
            TrackNameError: a name does not match exactly one track; `listed` holds the candidates, if any.
            SettingError: the line cannot be answered, for example because liked and unliked tracks cancel out.
        """
        if line == BACK:
            return self._back()
        if line in (MORE, LIKE):  # a plus sign alone asks for more, too
            return self._more()
        sign = line[0] if line[0] in (LIKE, UNLIKE, NAME) else ""
        if line == sign:
            raise SettingError(f"nothing follows '{sign}': add a name or a number of the list")
        before = self._asked[-1] if sign in (LIKE, UNLIKE) and self._asked else ()
        seed, notes = self._seed(line.removeprefix(sign).strip(), sign)
        others = tuple(earlier for earlier in before if earlier.track.row != seed.track.row)
        if sign == UNLIKE and not others:
            raise SettingError("a query cannot only subtract tracks: start with a track to look up")
        seeds = (*others, seed)
        answer = self._ask(seeds, notes)
        self._asked.append(seeds)
        return answer

    def _seed(self, name: str, sign: str) -> tuple[Seed, list[str]]:
        """Return the track that a number of the list or a name means, and notes on how the name was matched."""
        weight = -1.0 if sign == UNLIKE else 1.0
        if sign != NAME and name.isdecimal() and 1 <= int(name) <= len(self.listed):
            return Seed(self.listed[int(name) - 1], weight), []
        try:
            return self._lookup.seed(name, weight)
        except TrackNameError as error:
            if error.candidates:
                self.listed = tuple(self._lookup.names.candidates(name))
                self._pages = 0  # the list is not an answer
            raise

    def _back(self) -> Answer:
        """Answer the previous query again."""
        if len(self._asked) < 2:
            raise SettingError("there is no previous query")
        self._asked.pop()
        return self._ask(self._asked[-1], [])

    def next_ranks(self, answer: Answer) -> str:
        """Return the ranks that follow an answer, such as "11 to 20"; empty if the answer is the end of the list."""
        if len(answer.neighbours) < self._settings.number:
            return ""
        last = answer.neighbours[-1].rank
        return f"{last + 1} to {last + self._settings.number}"

    def _more(self) -> Answer:
        """Return the tracks that follow those already listed for the latest query; numbers refer to all of them."""
        if not self._pages:
            raise SettingError("there is no list to continue: start with a track")
        number = (self._pages + 1) * self._settings.number
        answer = self._lookup.similar_to(self._asked[-1], replace(self._settings, number=number))
        rest = answer.neighbours[self._pages * self._settings.number :]
        if not rest:
            raise SettingError("there are no more tracks")
        self._pages += 1
        self.listed = tuple(near.track for near in answer.neighbours)
        return replace(answer, neighbours=rest)

    def _ask(self, seeds: tuple[Seed, ...], notes: list[str]) -> Answer:
        """Look up seed tracks, and let numbers refer to the tracks of the answer."""
        answer = self._lookup.similar_to(seeds, self._settings, notes)
        self.listed = tuple(near.track for near in answer.neighbours)
        self._pages = 1
        return answer
