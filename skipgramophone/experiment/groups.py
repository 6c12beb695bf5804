"""Find the artists and albums that a query may mean, and choose one of them by the same rules as for tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from skipgramophone.errors import AmbiguousTrackError
from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.dominance import most_frequent
from skipgramophone.names.normalization import fold_name, words_of

GroupKind = Literal["artist", "album"]
SHOWN_GROUPS = 10  # number of candidates that an error lists
PARTS = 3  # the worst kind of match: words of the query are only parts of words of the name, or have typos
SHOWN_OTHERS = 3  # maximum number of other matches to report if a match is chosen because it is much more frequent


@dataclass(frozen=True, slots=True)
class Group:
    """An artist or an album of the catalogue."""

    kind: GroupKind
    name: str
    count: int  # occurrences of the tracks
    row: int  # row of the most frequent track

    @property
    def title(self) -> str:
        """The same as `name`. Tracks have a title, so the same code can compare groups and tracks with a query."""
        return self.name


@dataclass(frozen=True, slots=True)
class GroupMatch:
    """The artist or the album that a query means.

    Attributes:
        group: the artist or the album.
        tracks: all tracks of this artist or album if the query is its full name; otherwise empty. Case and accents do
            not matter.
        others: the most frequent other artists or albums that match, if `group` was chosen because it dominates;
            otherwise empty.
        matches: number of artists or albums that match the query.
    """

    group: Group
    tracks: tuple[Track, ...] = ()
    others: tuple[Group, ...] = ()
    matches: int = 1

    @property
    def is_exact(self) -> bool:
        """Whether the query is the full name of the artist or album, not only a part of it."""
        return bool(self.tracks)


def meant_group(query: str, groups: Sequence[Group], *, complete: bool = True) -> GroupMatch:
    """Return the artist or the album that a query means: the only match, or the match that dominates all others.

    There are three kinds of matches, from best to worst:

    - The query consists of all the words of the name, in any order.
    - Each word of the query is a whole word of the name, but the name has more words.
    - Words of the query are only parts of words of the name, or have typos.

    Args:
        query: a part of a name, or a name with typos.
        groups: the matches, at least one.
        complete: whether `groups` contains all matches.

    Raises:
        AmbiguousTrackError: no match dominates the others; its candidates are the most frequent ones.
    """
    words = sorted(words_of(query))
    ordered = sorted(groups, key=lambda group: (-group.count, group.row))
    kinds = [_kind_of_match(words, group) for group in ordered]
    if chosen := most_frequent(ordered, kinds):
        others = tuple(group for group in ordered if group is not chosen)
        return GroupMatch(chosen, others=others[:SHOWN_OTHERS], matches=len(ordered))
    shown = tuple(ordered[:SHOWN_GROUPS])
    several = f"{len(ordered):,}" if complete else f"at least {len(ordered):,}"
    unlisted = len(ordered) - len(shown) if complete else None
    listed = tuple(f"{group.name} ({group.count:,}×)" for group in shown)
    error = AmbiguousTrackError(
        f"{several} {shown[0].kind}s match {query!r}; pick one of them, or give more of the name",
        listed,
        unlisted=unlisted,
    )
    error.groups = shown
    raise error


def have_whole_words(query: str, groups: Sequence[Group]) -> bool:
    """Whether at least one group has a name that contains all words of a query as whole words.

    If no group has such a name, the query may have typos.
    """
    words = sorted(words_of(query))
    return any(_kind_of_match(words, group) < PARTS for group in groups)


def united(groups: Sequence[Group], others: Sequence[Group]) -> list[Group]:
    """Return all groups of two sequences, without duplicates."""
    names = {fold_name(group.name) for group in groups}
    return [*groups, *(group for group in others if fold_name(group.name) not in names)]


def _kind_of_match(words: list[str], group: Group) -> int:
    """Return the kind of a match (1, 2 or 3, see `meant_group`). `words` must be sorted."""
    name = words_of(group.name)
    if words == sorted(name):
        return 1
    return 2 if set(words) <= set(name) else PARTS
