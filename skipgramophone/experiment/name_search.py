"""Name search: find the tracks that a query means; if nothing matches exactly, typos are allowed.

The trigram index returns names that may contain the words of a query; each of these names is then compared with the
query. To compare as few names as possible, a query planner chooses the rarest trigrams.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from skipgramophone.errors import AmbiguousTrackError, UnknownTrackError
from skipgramophone.experiment.catalogue import BY_URI, LAST, MOST_COUNTED, Catalogue, Track
from skipgramophone.experiment.condition import NOTHING, Clue, Condition, NameIndex, containing_each
from skipgramophone.experiment.dominance import most_frequent
from skipgramophone.experiment.similar_uris import similar_uris
from skipgramophone.experiment.track_links import require_name, uris_of
from skipgramophone.experiment.trigrams import trigrams_of, words_in
from skipgramophone.names.identifiers import read_identifier
from skipgramophone.names.normalization import fold_name, hyphenate, identity, words_of

SHOWN_CANDIDATES = 10
SHOWN_SUGGESTIONS = 5
SHOWN_OTHERS = 3  # maximum number of other matches to report if one of several matching tracks is chosen
ARTIST_ONLY = 4  # the worst kind of match: no word of the query is in the title, so only the artist matches
# Number of trigrams per search. More trigrams make the search slower; with fewer, more names are compared with a query.
CLUES_ASKED = 4
# Number of tracks to find for each variant of a query in which one piece is left out (see `_without_one_piece`).
FREQUENT_ENOUGH = 100
MOST_POSTINGS = 10_000  # index entries to read when names are scored by the trigrams that they share with the query
NEAREST = 100  # number of best-scoring names to compare letter by letter
MOST_LETTERS = 500  # a longer query matches only whole names, without typos
MOST_PIECES = 30  # for a query with more pieces, `_without_one_piece` finds nothing
# Reading the index requires numpy, and importing numpy takes as long as scanning this many names. So smaller catalogues
# are scanned, unless the index is already open.
SCANNED = 300_000
# A trigram in more names than `FEW` is not rare. A search for a short word or for the beginning of a name uses an
# index only if fewer than `FEW` tracks match. In a catalogue of more than 100,000 tracks, this limit is the number of
# tracks divided by `FEW_OF`.
FEW = 2000
FEW_OF = 50


@dataclass(frozen=True, slots=True)
class Match:
    """The track that a query means.

    Attributes:
        track: the track.
        namesakes: number of less frequent tracks with the same name, ignoring case.
        misspelt: whether the track was found by a similar name, because no name contains the query as typed.
        others: if the track was chosen because it dominates, or from tracks with the same name, the most frequent
            other matches.
        matches: number of tracks that match the query.
    """

    track: Track
    namesakes: int = 0
    misspelt: bool = False
    others: tuple[Track, ...] = ()
    matches: int = 1


class NameSearch:
    """Searches the names of a catalogue."""

    def __init__(self, catalogue: Catalogue, strict: bool = False) -> None:
        """Create a search over a catalogue.

        Args:
            catalogue: the catalogue to search.
            strict: whether a query that matches several tracks is always an error, even if one track dominates or all
                tracks have the same name.
        """
        self._catalogue, self.is_strict = catalogue, strict
        self._many = max(FEW, len(catalogue) // FEW_OF)

    @property
    def _index(self) -> NameIndex:
        """The index of the names."""
        return self._catalogue.name_index

    def resolve(self, query: str) -> Match:
        """Find the one track that a query means: a uri, an identifier, or a name or part of a name, even with typos.

        If several tracks match, one is chosen if it dominates the others (see `dominant`). If at most
        `SHOWN_CANDIDATES` tracks match and all have the same name, the most frequent one is chosen. With strict names,
        no track is chosen.

        Raises:
            UnknownTrackError: no track matches; its candidates are the most similar names.
            AmbiguousTrackError: several tracks match; its candidates are the most frequent ones.
        """
        if not query.strip():
            raise UnknownTrackError("the name of a track is empty: give a title, or 'artist - title'")
        found, number = self.find(query)
        if not found:
            require_name(query, self._catalogue)
        misspelt, similar = not found, list[Track]()
        if misspelt:
            similar, near = self.misspelt(query)
            if not similar:
                if with_uri := tuple(similar_uris(self._catalogue, query, SHOWN_SUGGESTIONS)):
                    raise UnknownTrackError.of("track", query, tuple(map(_listed, with_uri)), with_uri)
                suggested = tuple(near[:SHOWN_SUGGESTIONS])
                raise UnknownTrackError.of("track", query, tuple(track.name for track in suggested), suggested)
            found, number = similar[:SHOWN_CANDIDATES], len(similar)
        same_name = number == len(found) and len({identity(track.name) for track in found}) == 1
        if number == 1 or (same_name and not self.is_strict):
            others = tuple(found[1 : 1 + SHOWN_OTHERS])
            return Match(found[0], namesakes=number - 1, misspelt=misspelt, others=others, matches=number)
        if not self.is_strict and number <= MOST_COUNTED:
            every = similar if misspelt else self.find(query, MOST_COUNTED)[0]
            if chosen := dominant(query, every):
                others = tuple([track for track in every if track.row != chosen.row][:SHOWN_OTHERS])
                return Match(chosen, misspelt=misspelt, others=others, matches=number)
        listed = tuple(_listed(track) for track in found)
        several = f"{number:,}" if number <= MOST_COUNTED else f"more than {MOST_COUNTED:,}"
        advice = (
            "give the uri of one of them"
            if same_name
            else "pick one of them, or give more of the name, as in 'artist - title'"
        )
        raise AmbiguousTrackError(
            f"{several} tracks {'are similar to' if misspelt else 'match'} {query!r}; {advice}",
            listed,
            tuple(found),
            number - len(found) if number <= MOST_COUNTED else None,
        )

    def find(self, query: str, limit: int = SHOWN_CANDIDATES) -> tuple[list[Track], int]:
        """Return up to `limit` tracks that match a query, most frequent first, and the number of all matches.

        The query is compared with the following, in this order, until something matches:

        1. the uri and the identifiers
        2. the whole name
        3. the whole title
        4. the name or title with hyphens between its words, as shell completion writes names

        If none of them matches, the tracks whose names contain each word of the query are returned. If more than
        `MOST_COUNTED` tracks match, the number of matches is `MOST_COUNTED` + 1.
        """
        folded = fold_name(query)
        if not folded:
            return [], 0
        if by_uri := self.by_uri(query):
            return by_uri[:limit], len(by_uri)
        for where, value in (
            ("tracks.name_folded = ?", folded),
            ("title_folded = ?", folded),
        ):
            exact = self._catalogue.matching(Condition(where, [value]))
            if exact:
                alike = same_accents(exact, query)
                return alike[:limit], len(alike)
        completed = self._hyphenated(query)
        if completed:
            return completed[:limit], len(completed)
        containing = self.containing(folded)
        found = self._catalogue.matching(containing, limit)
        return found, len(found) if len(found) < limit else self._catalogue.count_matching(containing)

    def is_whole_name(self, query: str) -> bool:
        """Whether a query is the uri or the whole name of a track, ignoring case and accents."""
        folded = fold_name(query)
        uri = read_identifier(query) or query.strip()
        whole = Condition(f"tracks.name_folded = ? OR {BY_URI}", [folded, uri, uri, uri])
        return bool(folded) and bool(self._catalogue.matching(whole, 1))

    def query_for(self, name: str, uri: str | None, identifiers: Iterable[str] = ()) -> str:
        """Return a text that finds a track: its uri, its name or, if the name is not found, one of its identifiers.

        If none of them finds the track, return the name.
        """
        if uri is not None and self.by_uri(uri):
            return uri
        if self._catalogue.has_identifiers and not self.is_whole_name(name):
            return next(filter(self.by_uri, identifiers), name)
        return name

    def by_uri(self, query: str) -> list[Track]:
        """Return the tracks with the uri or identifier in the query, which may be a link; most frequent first."""
        return next(filter(None, map(self._catalogue.by_uri, uris_of(query))), [])

    def completions(
        self, typed: str, number: int, seconds: float, fitting: Callable[[Track], bool] = lambda _track: True
    ) -> list[Track]:
        """Return tracks whose name contains the typed words, most frequent first. Stop at the time limit.

        Args:
            typed: the beginning of a query.
            number: maximum number of tracks.
            seconds: time limit in seconds.
            fitting: returns whether a track may be a completion.
        """
        folded = fold_name(typed)
        found: list[Track] = []
        if not folded:
            return found
        with self._catalogue.time_limit(seconds):
            tracks = self._catalogue.each_matching(self._completing(folded))
            for track in islice(filter(fitting, tracks), number):
                found.append(track)  # noqa: PERF402 (`list` would lose the tracks found before the time limit)
        return found

    def _completing(self, folded: str) -> Condition:
        """Return an SQL condition for tracks whose folded name contains each word of a query, as `containing` does.

        If scanning all names is faster than opening the name index, the condition scans them.
        """
        words = words_in(folded)
        if self._catalogue.has_open_name_index or len(self._catalogue) > SCANNED or not words:
            return self.containing(folded)
        is_short = not any(word[2:] for word in words)
        return (self._beginning(folded) if is_short else None) or Condition(containing_each(words), words)

    def _hyphenated(self, query: str) -> list[Track]:
        """Return the tracks whose name, written with hyphens between its words, is the query.

        If there are none, return the tracks whose title, written with hyphens, is the query.
        """
        folded = hyphenate(query)
        if "-" not in folded or folded != query.strip().casefold():
            return []
        tracks = self._catalogue.matching(self.containing(folded.replace("-", " ")), MOST_COUNTED)
        named = [track for track in tracks if hyphenate(track.name) == folded]
        return named or [track for track in tracks if hyphenate(track.title) == folded]

    def misspelt(self, query: str) -> tuple[list[Track], list[Track]]:
        """Find tracks for a query that may contain typos.

        Returns:
            Two lists: the tracks whose name contains each word of the query, possibly with typos, and the tracks whose
            whole name is similar to the query.
        """
        from skipgramophone.names import typos  # imported here because most look-ups do not need it

        tracks = self.sharing_letters(query)
        return typos.each_word_near(query, tracks), typos.nearest(query, tracks)

    def sharing_letters(self, query: str) -> list[Track]:
        """Return tracks whose names share many letters with a query that may contain typos."""
        folded = fold_name(query)
        if len(folded) > MOST_LETTERS:
            return []
        tracks = {track.row: track for track in (*self._without_one_piece(folded), *self._sharing_trigrams(folded))}
        return list(tracks.values())

    def containing(self, folded: str) -> Condition:
        """Return an SQL condition for tracks whose folded name contains each word of a query.

        Words of one or two letters have no trigram. A query that consists of such words matches the names and titles
        that begin with the query. If no name or title begins with it, it matches all names that contain each word.
        """
        words = words_in(folded)
        if not words or len(folded) > MOST_LETTERS:
            return NOTHING
        frequency = self._index.counts(trigrams_of(words))
        if not frequency:
            return self._beginning(folded) or self.__containing_short(words)
        clues: list[Clue] = sorted((names, (trigram,)) for trigram, names in frequency.items())
        if clues[0][0] > FEW:
            # No trigram is rare. So search for the rarest trigram of each word of three or more letters, and also for
            # those shorter words that are in fewer names than the rarest trigram.
            rarest: set[Clue] = {
                min((frequency[gram], (gram,)) for gram in trigrams_of([word])) for word in words if word[2:]
            }
            if len(clues) < CLUES_ASKED:
                around = (self._index.around(word) for word in words if not word[2:])
                rarest |= {clue for clue in around if clue < clues[0]}
            clues = sorted(rarest) + [clue for clue in clues if clue not in rarest]
        return self._index.matching(clues[:CLUES_ASKED], words) if clues[0][0] else NOTHING

    def __containing_short(self, words: list[str]) -> Condition:
        """Return an SQL condition for tracks whose folded name contains all `words`, of one or two letters each.

        If there are many such names, the condition scans all tracks, which finds the first matches quickly.
        """
        clue = min(map(self._index.around, words))
        if clue[0] >= self._many:
            return Condition(containing_each(words), words)
        return self._index.matching_short(clue, words)

    def _beginning(self, folded: str) -> Condition | None:
        """Return an SQL condition for tracks whose name or title begins with the query, or None if there are none.

        If there are few such tracks, the condition uses the indexes. If there are many, it scans all tracks, because
        this finds the first ones quickly.
        """
        between = "SELECT row FROM tracks WHERE {0} >= ? AND {0} < ?"
        rows = " UNION ALL ".join(between.format(name) for name in ("name_folded", "title_folded"))
        values = [folded, folded + LAST] * 2
        found = self._catalogue.query_numbers(f"SELECT count(*) FROM ({rows} LIMIT {self._many})", values)[0]
        if found < self._many:
            return Condition(f"row IN ({rows})", values) if found else None
        return Condition("substr(name_folded, 1, ?) = ? OR substr(title_folded, 1, ?) = ?", [len(folded), folded] * 2)

    def _without_one_piece(self, folded: str) -> list[Track]:
        """Return tracks whose name contains all pieces of the query except one.

        The pieces are the words of the query or, if it is a single word, the two halves of this word.
        """
        half = (len(folded) + 1) // 2
        pieces = folded.split() if " " in folded else [folded[:half], folded[half:]]
        found: dict[int, Track] = {}
        for left_out in range(len(pieces) if len(pieces) <= MOST_PIECES else 0):
            others = pieces[:left_out] + pieces[left_out + 1 :]
            if trigrams_of(others):
                tracks = self._catalogue.matching(self.containing(" ".join(others)), FREQUENT_ENOUGH)
                found |= {track.row: track for track in tracks}
        return list(found.values())

    def _sharing_trigrams(self, folded: str) -> list[Track]:
        """Return up to `NEAREST` tracks that share trigrams with the query; rare trigrams count more."""
        catalogue = self._catalogue
        frequency = {gram: n for gram, n in self._index.counts(trigrams_of(words_in(folded))).items() if n}
        worth: dict[int, float] = {}
        left = MOST_POSTINGS
        for gram in sorted(frequency, key=lambda gram: frequency[gram]):
            weight = math.log((len(catalogue) + 1) / frequency[gram])
            ranks = self._index.ranks(gram, left)
            for rank in ranks:
                worth[rank] = worth.get(rank, 0.0) + weight
            left -= len(ranks)
            if left <= 0:
                break
        nearest = heapq.nsmallest(NEAREST, worth, key=lambda rank: (-worth[rank], rank))
        return catalogue.tracks(self._index.rows(nearest))


def dominant(query: str, tracks: Sequence[Track]) -> Track | None:
    """Return the track that a query most likely means, or None if no track dominates the others.

    There are three kinds of matches, from best to worst:

    1. the words of the query are all the words of the name or of the title, in any order;
    2. the words of the query are whole words of the name, and at least one of them is in the title;
    3. the words of the query are parts of words, and at least one of them is in the title.

    A track dominates if no other track has a better kind of match, and if the track occurs at least `DOMINANCE` times
    as often as every other track with the same kind. If the query is an artist's name or only artists match it, no
    track dominates, because the query contains no title. This does not apply if the query is also a whole title.
    """
    words = sorted(words_of(query))
    kinds = [_kind_of_match(words, track) for track in tracks]
    best = min(kinds, default=ARTIST_ONLY)
    if best == ARTIST_ONLY or not words:
        return None
    if best > 1 and any(set(words) <= set(words_of(track.artist)) for track in tracks):
        return None
    return most_frequent(tracks, kinds)


def _kind_of_match(words: list[str], track: Track) -> int:
    """Return the kind of a match: 1, 2 or 3 as in `dominant`, or `ARTIST_ONLY`; `words` must be sorted."""
    name, title = words_of(track.name), words_of(track.title)
    if words in (sorted(name), sorted(title)):
        return 1
    folded_title = fold_name(track.title)
    if not any(word in folded_title for word in words):
        return ARTIST_ONLY
    return 2 if set(words) <= set(name) and set(words) & set(title) else 3


def same_accents(tracks: list[Track], query: str) -> list[Track]:
    """Return the tracks whose name or title has the accents of the query, or all tracks if none has them."""
    typed = query.strip().casefold()
    alike = [track for track in tracks if typed in (track.name.casefold(), track.title.casefold())]
    return alike or tracks


def _listed(track: Track) -> str:
    """Describe a candidate in one line: name, count and uri."""
    return f"{track.name} ({track.count:,}×)" + (f"  {track.uri}" if track.uri else "")
