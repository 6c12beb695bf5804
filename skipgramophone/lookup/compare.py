"""The answers of two models to one question, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from skipgramophone.experiment.catalogue import Track
from skipgramophone.lookup.results import Answer, Neighbour
from skipgramophone.names.normalization import identity


@dataclass(frozen=True, slots=True)
class Side:
    """Where a track stands in one answer."""

    rank: int  # from 1
    similarity: float


@dataclass(frozen=True, slots=True)
class Row:
    """A track of either answer; None: it is not in that one."""

    track: Track
    one: Side | None
    other: Side | None


def side_by_side(one: Answer, other: Answer) -> list[Row]:
    """The tracks of two answers: those of the first in its order, then those that only the second has, in its own.

    Two tracks are one where they have the same uri, or, where one has none, the same name but for case.
    """
    theirs = {key: near for near in reversed(other.neighbours) for key in _keys(near.track)}
    rows, met = [], set()
    for near in one.neighbours:
        found = next((theirs[key] for key in _keys(near.track) if key in theirs), None)
        if found is not None and near.track.uri and found.track.uri and near.track.uri != found.track.uri:
            found = None
        if found is not None:
            met.add(found.rank)
        rows.append(Row(near.track, _side(near), _side(found) if found else None))
    return rows + [Row(near.track, None, _side(near)) for near in other.neighbours if near.rank not in met]


def _keys(track: Track) -> list[str]:
    """What a track is known by, the surest first."""
    return [*([track.uri] if track.uri else []), identity(track.name)]


def _side(near: Neighbour) -> Side:
    """Where a neighbour stands."""
    return Side(near.rank, near.similarity)
