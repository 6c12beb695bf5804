"""The queries and answers of look-ups, as plain data for tables, JSON and notebooks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from skipgramophone.errors import TrackNameError
from skipgramophone.experiment.catalogue import Track
from skipgramophone.lookup.stability_report import Agreement
from skipgramophone.settings import Score

AnsweredBy = Literal["index", "exact search"]
FallbackKind = Literal["version", "artist"]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A track of an answer, and its similarity to the query."""

    rank: int  # from 1
    similarity: float  # cosine of centre vectors, from -1 to 1
    track: Track
    score: float | None = None  # the value by which the answer is sorted; None if this is the similarity
    # number of playlists with this track and a query track of weight > 0; None if the corpus has no playlists
    shared: int | None = None
    versions: tuple[Track, ...] = ()  # other versions of the same song, which are not listed separately
    step: float | None = None  # cosine with the track before it, if the list is arranged; None for the first track
    # whether a model trained with another seed would probably list this track too; None if not known
    stable: bool | None = None


@dataclass(frozen=True, slots=True)
class Fallback:
    """A query track that is replaced by other tracks, because it is unknown or has no vector."""

    name: str  # name of the replaced track
    kind: FallbackKind  # what replaces it: another version of the song, or the tracks of the artist


@dataclass(frozen=True, slots=True)
class Seed:
    """A track of the query, with its weight."""

    track: Track
    weight: float = 1.0  # negative if the answer should be dissimilar to this track
    fallback: Fallback | None = None  # set if this track replaces a track of the query

    @property
    def may_be_listed(self) -> bool:
        """Whether an answer may list this track.

        Query tracks are not listed, with one exception: if the tracks of an artist replace a query track, these tracks
        may be listed.
        """
        return self.fallback is not None and self.fallback.kind == "artist"


@dataclass(frozen=True, slots=True)
class Missing:
    """A name that was left out of a query, because it does not match exactly one track with a vector."""

    name: str
    error: TrackNameError


@dataclass(frozen=True, slots=True)
class Asked:
    """The tracks of a query, which were found by name, in a playlist file, or as the tracks of an artist."""

    seeds: tuple[Seed, ...]
    notes: tuple[str, ...] = ()  # notes for the user on how names were matched
    missing: tuple[Missing, ...] = ()  # names that were left out

    def __add__(self, other: Asked) -> Asked:
        return Asked(self.seeds + other.seeds, self.notes + other.notes, self.missing + other.missing)

    def scaled(self) -> Asked:
        """Return the same tracks, with their weights divided by the sum of the weights."""
        total = sum(seed.weight for seed in self.seeds)
        return Asked(tuple(replace(seed, weight=seed.weight / total) for seed in self.seeds), self.notes)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How smooth the order of a list is: adjacent tracks of a smooth list are similar."""

    mean_step: float | None  # mean cosine of adjacent tracks; None for fewer than two tracks
    mean_random_step: float | None  # mean of this value over all possible orders
    random_seed: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a look-up of tracks."""

    seeds: tuple[Seed, ...]
    neighbours: tuple[Neighbour, ...]
    answered_by: AnsweredBy
    ranked_by: Score
    notes: tuple[str, ...]  # notes for the user, for example if the index was not used or a name was ambiguous
    # stability of the neighbours of tracks that are about as frequent as the query track
    agreement: Agreement | None = None
    versions_of_seeds: tuple[Track, ...] = ()  # other versions of the songs of the query, which are not listed
    arrangement: Arrangement | None = None  # smoothness of the order, if the list is arranged
