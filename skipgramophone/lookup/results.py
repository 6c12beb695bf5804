"""What a look-up is asked and what it answers: values for a table, for JSON and for a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from skipgramophone.experiment.catalogue import Track
from skipgramophone.lookup.stability_report import Agreement
from skipgramophone.settings import Score

AnsweredBy = Literal["index", "exact search"]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A track and how similar it is to what was asked about."""

    rank: int  # from 1
    similarity: float  # cosine of centre vectors, from -1 to 1
    track: Track
    shared: int | None = None  # playlists that hold it and a track that was liked; None where there are no playlists
    versions: tuple[Track, ...] = ()  # of the same song, which count as this one


@dataclass(frozen=True, slots=True)
class Seed:
    """A track that was asked about."""

    track: Track
    weight: float = 1.0  # below 0: away from it


@dataclass(frozen=True, slots=True)
class Asked:
    """What names, a file and an artist mean together."""

    seeds: tuple[Seed, ...]
    notes: tuple[str, ...] = ()  # what the asker should know of the names

    def __add__(self, other: Asked) -> Asked:
        return Asked(self.seeds + other.seeds, self.notes + other.notes)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a look-up found."""

    seeds: tuple[Seed, ...]
    neighbours: tuple[Neighbour, ...]
    answered_by: AnsweredBy
    ranked_by: Score
    notes: tuple[str, ...]  # what the asker should know: why not the index, fewer than asked, namesakes
    agreement: Agreement | None = None  # on what is near tracks as frequent as the one asked about, if measured
    versions_of_seeds: tuple[Track, ...] = ()  # which would have been listed, and count as what was asked about
