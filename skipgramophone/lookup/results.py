"""Queries and answers of a look-up, as plain values for tables, JSON and notebooks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from skipgramophone.experiment.catalogue import Track
from skipgramophone.lookup.stability_report import Agreement
from skipgramophone.settings import Score

AnsweredBy = Literal["index", "exact search"]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A track and its similarity to the query."""

    rank: int  # from 1
    similarity: float  # cosine of centre vectors, from -1 to 1
    track: Track
    score: float | None = None  # the value that the list is sorted by; None if that is the similarity
    shared: int | None = None  # playlists with this track and a liked seed; None if the corpus has no playlists
    versions: tuple[Track, ...] = ()  # other versions of the same song, fold_name into this one


@dataclass(frozen=True, slots=True)
class Seed:
    """A track of the query."""

    track: Track
    weight: float = 1.0  # below 0 for tracks to move away from


@dataclass(frozen=True, slots=True)
class Asked:
    """The tracks that names, a playlist file and an artist resolved to."""

    seeds: tuple[Seed, ...]
    notes: tuple[str, ...] = ()  # remarks about the names, for the user

    def __add__(self, other: Asked) -> Asked:
        return Asked(self.seeds + other.seeds, self.notes + other.notes)

    def scaled(self) -> Asked:
        """Return the same tracks with weights that add up to 1."""
        total = sum(seed.weight for seed in self.seeds)
        return Asked(tuple(replace(seed, weight=seed.weight / total) for seed in self.seeds), self.notes)


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a look-up."""

    seeds: tuple[Seed, ...]
    neighbours: tuple[Neighbour, ...]
    answered_by: AnsweredBy
    ranked_by: Score
    notes: tuple[str, ...]  # remarks for the user: index not used, fewer results than asked for, namesakes
    agreement: Agreement | None = None  # stability of tracks about as frequent as the seed, if measured
    versions_of_seeds: tuple[Track, ...] = ()  # other versions of the seeds, fold_name into them
