"""Cuts lists of tracks to a total duration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from skipgramophone.wording import plural

MINUTE = 60.0
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Fitting(Generic[Item]):
    """The first items that fit into a total duration.

    Attributes:
        kept: the items that fit.
        unknown: number of items that are left out because their duration is not known.
        is_cut: whether items are left out because they do not fit.
    """

    kept: list[Item]
    unknown: int
    is_cut: bool

    @property
    def remarks(self) -> list[str]:
        """Remarks for the user about the items that are left out."""
        return [f"left out {plural(self.unknown, 'track')} of unknown duration"] if self.unknown else []


def fitting(
    items: Sequence[Item], seconds: Sequence[float | None], limit: float, *, spent: float = 0.0
) -> Fitting[Item]:
    """Return the first items that fit into a total duration; items of unknown duration are left out.

    Args:
        items: the items to choose from, in order.
        seconds: the duration of each item, or None if it is unknown.
        limit: maximum total duration in seconds.
        spent: total duration in seconds of other tracks, which come before the items and count towards the limit.

    >>> fitting("abcd", [60.0, None, 60.0, 60.0], 120.0)
    Fitting(kept=['a', 'c'], unknown=1, is_cut=True)
    """
    known = [(item, length) for item, length in zip(items, seconds, strict=True) if length]
    total, kept = spent, list[Item]()
    for item, length in known:
        if total + length > limit:
            break
        total += length
        kept.append(item)
    return Fitting(kept, len(items) - len(known), len(kept) < len(known))


def remark_on_time(seconds: float, limit: float, is_cut: bool) -> str:
    """Return a remark on the duration of a list, and on how to get a longer list.

    Args:
        seconds: the duration of the list.
        limit: the maximum duration.
        is_cut: whether tracks are left out because they do not fit.

    >>> remark_on_time(90, 120, is_cut=False)
    'duration 2 min of at most 2 min; a larger -n gives more tracks'
    >>> remark_on_time(0, 120, is_cut=True)
    'no track fits into 2 min: give a longer --duration'
    """
    if is_cut and not seconds:
        return f"no track fits into {clock(limit)}: give a longer --duration"
    duration = f"duration {clock(seconds)} of at most {clock(limit)}"
    return duration if is_cut else f"{duration}; a larger -n gives more tracks"


def clock(seconds: float) -> str:
    """Return a duration in hours and minutes, or in seconds if it is below a minute.

    >>> clock(7260), clock(89), clock(59)
    ('2 h 1 min', '1 min', '59 s')
    """
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / MINUTE), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
