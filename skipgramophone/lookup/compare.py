"""Puts the answers of two experiments to one query side by side."""

from __future__ import annotations

from dataclasses import dataclass

from skipgramophone.experiment.catalogue import Track
from skipgramophone.lookup.results import Answer, Neighbour
from skipgramophone.names.normalization import identity


@dataclass(frozen=True, slots=True)
class Side:
    """Rank and similarity of a track in one answer."""

    rank: int  # from 1
    similarity: float


@dataclass(frozen=True, slots=True)
class ComparedTrack:
    """A track that one or both answers list.

    `one` is None if the first answer does not list the track; `other` is None if the second answer does not list it.
    """

    track: Track
    one: Side | None
    other: Side | None


def side_by_side(one: Answer, other: Answer) -> list[ComparedTrack]:
    """Merge two answers: first the tracks of the first answer, then those that only the second answer lists.

    Two tracks are the same if they have the same uri. If one of them has no uri, names are compared, regardless of
    case.
    """
    theirs = {key: near for near in reversed(other.neighbours) for key in _keys(near.track)}
    rows, met = [], set()
    for near in one.neighbours:
        found = next((theirs[key] for key in _keys(near.track) if key in theirs), None)
        if found is not None and near.track.uri and found.track.uri and near.track.uri != found.track.uri:
            found = None
        if found is not None:
            met.add(found.rank)
        rows.append(ComparedTrack(near.track, _side(near), _side(found) if found else None))
    return rows + [ComparedTrack(near.track, None, _side(near)) for near in other.neighbours if near.rank not in met]


def matched_by(one: Answer, other: Answer) -> str:
    """Return what identifies a track in both answers: "uri" or "name"; "uri or name" if only some tracks have a uri."""
    with_uri = [sum(bool(near.track.uri) for near in answer.neighbours) for answer in (one, other)]
    if not all(with_uri):
        return "name"
    return "uri" if with_uri == [len(one.neighbours), len(other.neighbours)] else "uri or name"


def _keys(track: Track) -> list[str]:
    """Return the keys by which a track is found in the other answer: first its uri, if it has one, then its name."""
    return [*([track.uri] if track.uri else []), identity(track.name)]


def _side(near: Neighbour) -> Side:
    """Return the rank and the similarity that a neighbour has in its answer."""
    return Side(near.rank, near.similarity)
