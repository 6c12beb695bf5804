"""The rule that decides whether one of several matches is used without asking the user.

A match is used without a question only if it is much more frequent than the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

DOMINANCE = 3  # a match is chosen if it occurs at least this many times as often as any other match


class Counted(Protocol):
    """Protocol: a match, with its row in the catalogue and its occurrences."""

    @property
    def row(self) -> int:
        """Row in the catalogue."""

    @property
    def count(self) -> int:
        """Occurrences in playlists."""


AnyMatch = TypeVar("AnyMatch", bound=Counted)


def most_frequent(matches: Sequence[AnyMatch], kinds: Sequence[int]) -> AnyMatch | None:
    """Return the match that is much more frequent than all others (see `DOMINANCE`), or None if there is none.

    Args:
        matches: the matches of a query.
        kinds: the kind of each match; a lower number is a better kind. Only the matches of the best kind are compared.
    """
    best = min(kinds)
    first, *rest = sorted(
        (match for match, kind in zip(matches, kinds, strict=True) if kind == best),
        key=lambda match: (-match.count, match.row),
    )
    return first if all(first.count >= DOMINANCE * max(1, match.count) for match in rest) else None
