"""Describes a query in the title of a table.

The title names the tracks of the query. If there are many tracks, it gives their number and their artists instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from skipgramophone.names.normalization import fold_name
from skipgramophone.wording import plural

if TYPE_CHECKING:
    from skipgramophone.lookup.results import Fallback, Seed

MOST_NAMED = 3  # a title names at most this many tracks; for more tracks, at most this many artists


def query_title(seeds: Sequence[Seed]) -> str:
    """Return the names of the tracks that a query moves towards, then of the tracks that it moves away from.

    If `--fallback` has replaced a track with several tracks of its artist, the title counts these tracks as one entry.
    """
    liked = [seed for seed in seeds if seed.weight >= 0]
    unliked = [replace(seed, weight=-seed.weight) for seed in seeds if seed.weight < 0]
    return with_unliked(_title(liked), _title(unliked))


def with_unliked(liked: str, unliked: str) -> str:
    """Join the names of the tracks to move towards and of the tracks to move away from.

    >>> with_unliked("'A'", "2 tracks"), with_unliked("'A'", "")
    ("'A', away from 2 tracks", "'A'")
    """
    return ", ".join(filter(None, (liked, f"away from {unliked}" if unliked else "")))


def _title(seeds: Sequence[Seed]) -> str:
    """Return the names of some tracks of a query or, if they are many, their number and artists."""
    parts: dict[object, list[Seed]] = {}
    for place, seed in enumerate(seeds):
        parts.setdefault(seed.fallback if seed.may_be_listed else place, []).append(seed)
    if len(parts) <= MOST_NAMED:
        return ", ".join(map(_part_title, parts.values()))
    if replaced := sum(part[0].fallback is not None for part in parts.values()):
        return f"{plural(len(parts), 'track')} ({replaced} replaced)"
    return plural(len(parts), "track") + _by_artists(seeds)


def _by_artists(seeds: Sequence[Seed]) -> str:
    """Return " by" and the artists of the tracks; return "" if there are many artists or if one of them is unknown."""
    artists: dict[str, str] = {}
    for seed in seeds:
        artists.setdefault(fold_name(seed.track.artist), seed.track.artist)
    if len(artists) > MOST_NAMED or "" in artists:
        return ""
    *others, last = (f"'{artist}'" for artist in artists.values())
    return f" by {' and '.join([', '.join(others), last] if others else [last])}"


def _part_title(seeds: list[Seed]) -> str:
    """Return the name of a query track or, if `--fallback` has replaced it with tracks of its artist, their number."""
    first = seeds[0]
    named = f"'{first.track.name}' (pos. {first.track.position})"
    named = plural(len(seeds), "track") if first.may_be_listed else named
    return with_weight(named, sum(seed.weight for seed in seeds)) + in_place_of(first.fallback)


def with_weight(name: str, weight: float) -> str:
    """Return a name, preceded by its weight if the weight is not 1."""
    return name if abs(weight - 1) < 1e-9 else f"{weight:.3g} × {name}"


def in_place_of(fallback: Fallback | None) -> str:
    """Return the text " in place of 'NAME'" for tracks that replace another track; otherwise an empty text."""
    return f" in place of '{fallback.name}'" if fallback else ""
