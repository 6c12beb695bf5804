"""The state of the prompt. A line may refer to earlier queries and to the list that was shown last."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from skipgramophone.cli.listed_names import NamedGroup
from skipgramophone.cli.prompt_syntax import GROUP
from skipgramophone.errors import SettingError, TrackNameError
from skipgramophone.experiment.groups import Group, GroupKind
from skipgramophone.lookup.mixed_answers import answer_mixed, playlist_group
from skipgramophone.lookup.mixed_query import Part, mixed_query, seeds_of
from skipgramophone.lookup.query_parts import group_part, named_part
from skipgramophone.lookup.query_tracks import track_part
from skipgramophone.lookup.results import Seed
from skipgramophone.lookup.similar_artists import ArtistNeighbour
from skipgramophone.lookup.similar_playlists import PlaylistNeighbour
from skipgramophone.wording import Wording, span

if TYPE_CHECKING:
    from skipgramophone.experiment.catalogue import Track
    from skipgramophone.lookup.lookup import Lookup
    from skipgramophone.settings import SimilarSettings

HELP = """\
name               similar tracks; part of the name is enough
artist: name       tracks similar to all tracks of an artist
album: name        tracks similar to all tracks of an album
3                  tracks similar to number 3 of the list above; in a list of
                   tracks that match a name, 3 chooses the third of them
+name +3 -name -3  move the query towards this track (+) or away from it (-);
                   also +artist: name, -artist: name
<                  back to the previous query
> or +             the next tracks of this list
=name              similar tracks, if the name looks like a number or a command
help, ?            this text
q, quit, exit      leave, as Ctrl-D does
Tab completes a name, arrow keys recall earlier lines, Ctrl-C clears the line."""
AnyAnswer = Any  # an Answer, ArtistAnswer or PlaylistAnswer, depending on the settings
BACK, MORE = "<", ">"
LIKE, UNLIKE, NAME = "+", "-", "="


def artist_line(artist: str) -> Wording:
    """Return the text to type at the prompt to look up an artist."""
    return lambda _named: f"artist: {artist}"


class PromptState:
    """Answers the lines of a prompt session in order.

    Attributes:
        listed: the tracks, artists or playlists that were listed last; a typed number N means the N-th of them.
    """

    def __init__(self, lookup: Lookup, settings: SimilarSettings) -> None:
        self.listed: tuple[Any, ...] = ()
        self._lookup = lookup
        self._settings = settings
        self._asked: list[tuple[Part, ...]] = []  # the answered queries, latest last
        self._pages = 0  # number of lists shown for the latest query

    def answer(self, line: str) -> AnyAnswer:
        """Answer a line.

        Raises:
            TrackNameError: a name does not match exactly one track; `listed` contains the candidates, if any.
            SettingError: the line cannot be answered, for example because liked and unliked tracks cancel out.
        """
        if line == BACK:
            return self._back()
        if line in (MORE, LIKE):  # a plus sign alone asks for more results, like ">"
            return self._more()
        sign = line[0] if line[0] in (LIKE, UNLIKE, NAME) else ""
        if line == sign:
            raise SettingError(f"nothing follows '{sign}': add a name, or a number from the list")
        before = self._asked[-1] if sign in (LIKE, UNLIKE) and self._asked else ()
        seed, notes = self._seed(line.removeprefix(sign).strip(), sign)
        others = tuple(earlier for earlier in before if _key(earlier) != _key(seed))
        if sign == UNLIKE and not others:
            raise SettingError("a query needs a track to start from: first type a name without a minus sign")
        seeds = (*others, seed)
        answer = self._ask(seeds, notes)
        self._asked.append(seeds)
        return answer

    def _seed(self, name: str, sign: str) -> tuple[Part, list[str]]:
        """Find the track, artist or album that a typed name or number means; return it with remarks for the user."""
        weight = -1.0 if sign == UNLIKE else 1.0
        is_number = sign != NAME and name.isdecimal()
        if is_number and sign and not self.listed:
            raise SettingError(
                f"there is no list yet, so '{sign}{name}' has no meaning: first type a track, then {sign}{name}"
            )
        if is_number and 1 <= int(name) <= len(self.listed):
            return self._part(self.listed[int(name) - 1], weight), []
        # The list contains the matches of an ambiguous name, so a number must choose one of them and cannot be a name.
        if is_number and self.listed and not self._pages:
            raise SettingError(
                f"the list has the numbers 1 to {len(self.listed)}, not {name}; to look up a name, type {NAME}{name}"
            )
        group = GROUP.fullmatch(name) if sign != NAME else None
        try:
            if group:
                return self._group(_kind(group[1]), group[2], weight)
            fallback = self._settings.fallback
            if self._is_mixed:
                return named_part(self._lookup, name, weight, fallback=fallback)
            return track_part(self._lookup, name, weight, fallback=fallback, artist_form=artist_line)
        except TrackNameError as error:
            if error.candidates:
                kind = _kind(group[1]) if group else "artist"
                near = tuple(NamedGroup(kind, name) for name in error.candidates)
                self.listed = error.tracks or error.groups or near
                self._pages = 0  # the list shows candidates, not results, so ">" cannot continue it
            elif is_number and self.listed:
                error.advise(f"to choose from the list, type a number from 1 to {len(self.listed)}")
            elif is_number:
                error.advise("a number chooses from a list, and no list has been shown yet: type the name of a track")
            raise

    def _group(self, kind: GroupKind, name: str, weight: float) -> tuple[Part, list[str]]:
        """Find an artist or an album by its name; return it as a part of a query, with remarks about the match."""
        if not name:
            raise SettingError(f"nothing follows '{kind}:': add a name")
        return group_part(self._lookup, kind, name, weight)

    @property
    def _is_mixed(self) -> bool:
        """Whether the session lists artists or playlists."""
        return self._settings.of != "tracks"

    def _part(self, entry: Track | Group | NamedGroup | ArtistNeighbour | PlaylistNeighbour, weight: float) -> Part:
        """Convert an entry of a list to a part of the next query."""
        if isinstance(entry, NamedGroup | Group):
            return self._group(entry.kind, entry.name, weight)[0]
        if isinstance(entry, ArtistNeighbour):
            return group_part(self._lookup, "artist", entry.artist, weight)[0]
        if isinstance(entry, PlaylistNeighbour):
            return playlist_group(self._lookup, entry.playlist, entry.name, weight)
        return Seed(entry, weight)

    def _back(self) -> AnyAnswer:
        """Forget the latest query, and answer the query before it again."""
        if len(self._asked) < 2:
            raise SettingError("there is no previous query")
        self._asked.pop()
        return self._ask(self._asked[-1], [])

    def next_ranks(self, answer: AnyAnswer) -> str:
        """Return the ranks that the next part of a list shows, such as "11 to 20"; "" if there are no more results."""
        if len(answer.neighbours) < self._settings.number:
            return ""
        last = answer.neighbours[-1].rank
        return span(last + 1, last + self._settings.number)

    def _more(self) -> AnyAnswer:
        """Return the next results of the latest query.

        A number that the user types later may refer to any result of this query listed so far.
        """
        if not self._pages:
            raise SettingError("there is no list to continue: start with a track")
        number = (self._pages + 1) * self._settings.number
        answer = self._look_up(self._asked[-1], replace(self._settings, number=number), [])
        rest: tuple[Any, ...] = answer.neighbours[self._pages * self._settings.number :]
        if not rest:
            raise SettingError(f"there are no more {self._settings.of}")
        self._pages += 1
        return replace(answer, neighbours=rest)

    def _ask(self, parts: tuple[Part, ...], notes: list[str]) -> AnyAnswer:
        """Return the first results for a query, whose parts are tracks, artists and albums.

        A number that the user types later refers to one of these results.
        """
        answer = self._look_up(parts, self._settings, notes)
        self._pages = 1
        return answer

    def _look_up(self, parts: tuple[Part, ...], settings: SimilarSettings, notes: list[str]) -> AnyAnswer:
        """Answer a query, and remember the listed entries: a number in a later line may refer to one of them."""
        if self._is_mixed:
            mixed = answer_mixed(self._lookup, mixed_query(self._lookup.search, parts, notes), settings)
            self.listed = mixed.neighbours
            return mixed
        seeds = [seed for part in parts for seed in seeds_of(part)]
        answer = self._lookup.similar_to(seeds, settings, notes)
        self.listed = tuple(near.track for near in answer.neighbours)
        return answer


def _key(part: Part) -> object:
    """Return a key for a part of a query. Parts with the same track, artist or album have equal keys."""
    return part.track.row if isinstance(part, Seed) else part.name


def _kind(word: str) -> GroupKind:
    """Return the kind of group that the word "artist" or "album" means, ignoring case."""
    return "artist" if word.lower() == "artist" else "album"
