"""Cuts lists of tracks to a total duration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from skipgramophone.wording import plural

MINUTE = 60.0
Item = TypeVar("Item")


def fitting(
    items: Sequence[Item], seconds: Sequence[float | None], limit: float, *, spent: float = 0.0
) -> tuple[list[Item], list[str]]:
    """Return the first items that fit into a total duration, and remarks for the user.

    Items of unknown duration are left out.

    Args:
        items: the items to choose from, in order.
        seconds: the duration of each item, or None if it is unknown.
        limit: maximum total duration in seconds.
        spent: seconds of the limit that other tracks already use.

    >>> fitting("abcd", [60.0, None, 60.0, 60.0], 120.0)
    (['a', 'c'], ['left out 1 track of unknown duration', 'duration 2 min of 2 min'])
    """
    known = [(item, length) for item, length in zip(items, seconds, strict=True) if length]
    remarks = []
    if len(known) < len(items):
        remarks.append(f"left out {plural(len(items) - len(known), 'track')} of unknown duration")
    total, kept = spent, list[Item]()
    for item, length in known:
        if total + length > limit:
            break
        total += length
        kept.append(item)
    more = "; a larger -n gives more tracks" if len(kept) == len(known) else ""
    return kept, [*remarks, f"duration {clock(total)} of {clock(limit)}{more}"]


def clock(seconds: float) -> str:
    """Return a duration in hours and minutes.

    >>> clock(7260), clock(59)
    ('2 h 1 min', '1 min')
    """
    hours, minutes = divmod(round(seconds / MINUTE), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
