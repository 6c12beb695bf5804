"""Search for artists: the tracks that credit an artist, and artists with a similar name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial

from skipgramophone.errors import UnknownTrackError
from skipgramophone.experiment.catalogue import Catalogue, Track
from skipgramophone.experiment.condition import Condition
from skipgramophone.experiment.groups import Group, GroupMatch, have_whole_words, meant_group, united
from skipgramophone.experiment.name_search import SHOWN_SUGGESTIONS, NameSearch
from skipgramophone.names.artist_credits import is_credited
from skipgramophone.names.credited_artists import parts_of_credit, spelling
from skipgramophone.names.normalization import fold_name, words_of
from skipgramophone.names.various_artists import is_nobody
from skipgramophone.utf8 import is_utf8

MOST_COMPARED = 1000  # maximum number of tracks whose artists are compared with an unknown name
MOST_READ = 20_000  # maximum number of tracks whose artists are searched for the words of a query
Test = Callable[[str], bool]  # a condition on the name of an artist


class ArtistSearch:
    """Searches the artists of a catalogue."""

    def __init__(self, catalogue: Catalogue, names: NameSearch) -> None:
        self._catalogue, self._names = catalogue, names

    def tracks(self, artist: str) -> list[Track]:
        """Return the tracks that credit an artist, alone or with others, most frequent first.

        Case and accents do not matter. A track by "A & B" is returned for A only if another track credits A without B.
        Otherwise, "A & B" may be the name of one artist.

        Raises:
            UnknownTrackError: no track credits the artist; the candidates are similar artists.
        """
        found = self.find(artist)
        if found:
            return found
        raise UnknownTrackError.of("artist", artist, self.similar(artist))

    def resolve(self, artist: str) -> GroupMatch:
        """Find the artist that a query means: by the whole name, a part of the name, or a name with typos.

        If several artists match and one of them is much more frequent than the others, this one is chosen (see
        `meant_group`). With strict names (--strict-names), only the whole name is accepted.

        Raises:
            UnknownTrackError: no artist matches; the candidates are similar artists.
            AmbiguousTrackError: several artists match.
        """
        if found := self.find(artist):
            name = spelling(fold_name(artist), found[0].artist)
            return GroupMatch(Group("artist", name, sum(track.count for track in found), found[0].row), tuple(found))
        if not self._names.is_strict and is_utf8(artist):
            tracks = self._with_words(artist)
            groups = _artists_of(tracks, _containing_words(artist), _credited(tracks))
            groups = groups if have_whole_words(artist, groups) else united(groups, self._misspelt(artist))
            if groups:
                return meant_group(artist, groups, complete=len(tracks) < MOST_READ)
        raise UnknownTrackError.of("artist", artist, self.similar(artist))

    def find(self, artist: str) -> list[Track]:
        """Return the tracks that credit an artist, as `tracks` does, but return an empty list if there are none."""
        folded = fold_name(artist)
        if not folded or not is_utf8(artist):
            return []
        tracks = self._catalogue.matching(self._containing(folded))
        return _crediting(folded, tracks, loosely=False) and _crediting(folded, tracks, loosely=True)

    def require(self, artists: Collection[str]) -> None:
        """Verify that each artist is credited on some track.

        Raises:
            UnknownTrackError: an artist is unknown; the candidates are similar artists.
        """
        for artist in artists:
            self.tracks(artist)

    def similar(self, artist: str) -> tuple[str, ...]:
        """Return the artists whose names are most similar to the unknown name `artist`, most similar first."""
        from skipgramophone.names import typos  # imported here because most look-ups do not need it

        found, _ = self._names.find(artist, MOST_COMPARED)
        tracks = found or [track for some in self._names.misspelt(artist) for track in some]
        names = dict.fromkeys(track.artist for track in tracks if track.artist)
        return tuple(typos.nearest_names(artist, list(names))[:SHOWN_SUGGESTIONS])

    def _with_words(self, artist: str) -> list[Track]:
        """Return the most frequent tracks whose names contain each word of a query."""
        folded = fold_name(artist)
        return self._catalogue.matching(self._containing(folded), MOST_READ) if words_of(artist) else []

    def _misspelt(self, artist: str) -> list[Group]:
        """Return the artists whose names contain each word of a query, possibly with typos.

        If the words of the query are the whole names of some artists, only these artists are returned.
        """
        from skipgramophone.names import typos  # imported here because most look-ups do not need it

        tracks = self._names.sharing_letters(artist)
        matches = partial(typos.contains_each_word, artist)
        groups = typos.each_word_near(artist, _artists_of(tracks, matches, lambda name: bool(self.find(name))))
        counts = (sum(track.count for track in self.find(group.name)) for group in groups)
        return [replace(group, count=count) for group, count in zip(groups, counts, strict=True)]

    def _containing(self, folded: str) -> Condition:
        """Return an SQL condition for tracks whose folded name contains each word of the artist name `folded`.

        If all words have one or two letters, the name of the track must contain `folded` as a whole.
        """
        if any(len(word) > 2 for word in folded.split()):
            return self._names.containing(folded)
        return Condition("instr(tracks.name_folded, ?) > 0", [folded])


def _crediting(folded: str, tracks: Iterable[Track], loosely: bool) -> list[Track]:
    """Return the tracks that credit the artist with the folded name `folded`; see `is_credited` for `loosely`."""
    return [track for track in tracks if is_credited(folded, fold_name(track.artist), loosely)]


def _artists_of(tracks: Sequence[Track], matches: Test, is_artist: Test) -> list[Group]:
    """Return the artists that match a query and that `tracks` credit, each with its occurrences on these tracks."""
    counts, names, rows = Counter[str](), dict[str, str](), dict[str, int]()
    artists_in: dict[str, list[str]] = {}
    for track in tracks:
        if track.artist not in artists_in:
            artists_in[track.artist] = _matching_parts(track.artist, matches, is_artist)
        for name in artists_in[track.artist]:
            folded = fold_name(name)
            names.setdefault(folded, name)
            rows.setdefault(folded, track.row)
            counts[folded] += track.count
    return [Group("artist", name, counts[folded], rows[folded]) for folded, name in names.items()]


def _matching_parts(credit: str, matches: Test, is_artist: Test) -> list[str]:
    """Return the shortest parts of a credit, such as "A" in "A feat. B", that match a query and are artists."""
    found: list[str] = []
    for part in sorted(parts_of_credit(credit), key=len) if matches(credit) else ():
        is_new = not any(shorter in part for shorter in found)
        if is_new and matches(part) and (part == credit or is_artist(part)):
            found.append(part)
    return [part for part in found if not is_nobody(fold_name(part))]


def _credited(tracks: Sequence[Track]) -> Test:
    """Return a function that tells whether an artist is credited on one of the tracks.

    The credit "A & B" does not count as a credit for A, because "A & B" may be the name of one artist.
    """
    written = {track.artist for track in tracks}
    names = {fold_name(part) for credit in written for part in parts_of_credit(credit, loosely=False)}
    return lambda name: fold_name(name) in names


def _containing_words(query: str) -> Test:
    """Return a function that tells whether a name contains each word of a query."""
    words = words_of(query)
    return lambda name: all(word in fold_name(name) for word in words)
