"""Finds tracks on the way from one track to another.

The way is the arc between the unit vectors a and b of the two tracks. For a list of n tracks, n evenly spaced points
are placed on the arc:

    point_i = (sin((1 - t) w) a + sin(t w) b) / sin(w),    t = i / (n + 1),    cos(w) = a . b

For each point, in order from a to b, the nearest track is chosen that passes the filters and was not chosen for an
earlier point. The similarity of a track is its cosine with the point for which it was chosen.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from skipgramophone.errors import SettingError
from skipgramophone.experiment.embeddings import Matrix, unit_rows
from skipgramophone.lookup.album_filter import album_label
from skipgramophone.lookup.exact_search import Neighbours
from skipgramophone.lookup.results import Answer
from skipgramophone.lookup.scoring import Question
from skipgramophone.lookup.search import Search
from skipgramophone.lookup.selection import Choice, Selection, artist_label, select, song_label
from skipgramophone.names.normalization import fold_name
from skipgramophone.settings import Score, SimilarSettings
from skipgramophone.settings.setting import require_named

FIRST_WIDTH = 50  # initial number of nearest tracks per point
WIDENED = 8  # factor by which the number of nearest tracks grows if the filters leave no track
# `hybrid` is accepted because it is the default of `sgp continue`. The tracks are chosen by cosine even then.
NEAREST: tuple[Score, ...] = ("cosine", "hybrid")
LEAST_ANGLE = 1e-6  # minimum angle between the two tracks; if the angle is smaller, all points are the same


@dataclass(slots=True)
class _Taken:
    """The tracks that have been chosen so far."""

    rows: set[int]
    songs: set[str] = field(default_factory=set)
    artists: Counter[str] = field(default_factory=Counter)
    albums: Counter[str] = field(default_factory=Counter)

    def allows(self, choice: Choice, settings: SimilarSettings) -> bool:
        """Whether a track may be added to the chosen tracks.

        Only the limits per artist and per album, and `fold_versions`, are checked.
        """
        most, track = settings.max_per_artist, choice.track
        if most is not None and self.artists[artist_label(fold_name(track.artist), track)] >= most:
            return False
        if settings.max_per_album is not None and self.albums[album_label(track)] >= settings.max_per_album:
            return False
        return not settings.fold_versions or song_label(track) not in self.songs

    def add(self, choice: Choice) -> None:
        """Add a track to the chosen tracks."""
        self.rows.add(choice.track.row)
        self.songs.add(song_label(choice.track))
        self.artists[artist_label(fold_name(choice.track.artist), choice.track)] += 1
        self.albums[album_label(choice.track)] += 1


def passage(search: Search, asked: Question, settings: SimilarSettings) -> Answer:
    """Return the tracks on the way from the first to the second query track of a query.

    Raises:
        SettingError: the settings ask for popularity, diversity or a ranking that this search does not support.
    """
    require_named(
        not (settings.popularity or settings.diversity),
        lambda named: (
            f"{named('popularity')} and {named('diversity')} cannot be combined with a path from one track to another: "
            "leave them out"
        ),
    )
    if settings.by not in NEAREST:
        raise SettingError.naming(
            lambda named: (
                "tracks on a path from one track to another are always chosen by cosine, so they cannot be ranked by "
                f"{settings.by}: leave out {named('by')}"
            )
        )
    taken = _Taken(set(asked.rows.tolist()))
    chosen = []
    one, other = unit_rows(np.stack([search.vector(seed.track) for seed in asked.seeds]))
    for point in points_between(one, other, settings.number):
        choice = _nearest(search, point, asked, taken=taken, settings=settings)
        if choice is not None:
            taken.add(choice)
            chosen.append(choice)
    return search.answer_of(asked, Selection(chosen, ()), replace(settings, by="cosine"))


def points_between(one: Matrix, other: Matrix, number: int) -> Matrix:
    """Return the points that divide the arc between two unit vectors evenly, float32 (number, embedding_dim)."""
    angle = float(np.arccos(np.clip(one.astype(np.float64) @ other, -1, 1)))
    if angle < LEAST_ANGLE:
        return np.repeat(one[None, :], number, axis=0)
    share = np.arange(1, number + 1)[:, None] / (number + 1)
    return np.asarray((np.sin((1 - share) * angle) * one + np.sin(share * angle) * other) / np.sin(angle), np.float32)


def _nearest(
    search: Search, point: Matrix, asked: Question, *, taken: _Taken, settings: SimilarSettings
) -> Choice | None:
    """Return the track nearest to a point among the tracks that may be chosen, or None if there is none."""
    width = FIRST_WIDTH
    while True:
        near = search.exact.nearest(point, width, np.array(sorted(taken.rows), np.int64))
        complete = len(near.rows) < width
        if settings.min_similarity is not None:
            enough = near.similarities >= settings.min_similarity
            near, complete = Neighbours(near.rows[enough], near.similarities[enough]), complete or not enough.all()
        allowed = search.row_filter.allowed(near.rows, settings)
        near = Neighbours(near.rows[allowed], near.similarities[allowed])
        filters = replace(settings, number=width, max_per_artist=None, max_per_album=None)
        listed = select(search.pool(near), asked.seeds, point, filters).chosen if len(near.rows) else []
        found = next((choice for choice in listed if taken.allows(choice, settings)), None)
        if found is not None or complete:
            return found
        width *= WIDENED
