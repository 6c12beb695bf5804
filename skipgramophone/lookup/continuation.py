"""Continues playlists: smooth order, fixed first and last tracks, limited duration, and blends of two playlists."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from skipgramophone.errors import SettingError
from skipgramophone.experiment.embeddings import Matrix, unit_rows
from skipgramophone.lookup.arrangement import Ends, arranged, mean_random_step, steps
from skipgramophone.lookup.blend import blend
from skipgramophone.lookup.passage import passage
from skipgramophone.lookup.playing_time import fitting
from skipgramophone.lookup.results import Answer, Arrangement, Asked, Neighbour, Seed
from skipgramophone.names.normalization import fold_name
from skipgramophone.names.song_versions import artist_without_guests
from skipgramophone.settings import ContinueSettings
from skipgramophone.wording import plural

if TYPE_CHECKING:
    from skipgramophone.experiment.catalogue import Track
    from skipgramophone.lookup.lookup import Choose, Lookup


@dataclass(frozen=True, slots=True)
class Route:
    """The fixed first and last track of an arranged list; None for an end that is not fixed."""

    first: Seed | None = None
    last: Seed | None = None

    @property
    def seeds(self) -> tuple[Seed, ...]:
        """The fixed tracks."""
        return tuple(seed for seed in (self.first, self.last) if seed)

    def require_room(self, settings: ContinueSettings) -> None:
        """Verify that a list with fixed tracks is arranged, and that it has room for other tracks.

        Raises:
            SettingError: the list is not arranged or too short, or both tracks are the same.
        """
        if not self.seeds:
            return
        if not settings.arrange:
            raise SettingError("a fixed first or last track needs an ordered list: add --arrange")
        if self.first and self.last and self.first.track.row == self.last.track.row:
            raise SettingError(f"'{self.first.track.name}' is both the first and the last track: give two tracks")
        if settings.number <= len(self.seeds):
            raise SettingError(f"-n {settings.number} leaves no room for a track to add: give a larger -n")


def fixed_ends(
    lookup: Lookup, first: str | None, last: str | None, choose: Choose | None = None
) -> tuple[Route, Asked]:
    """Resolve the names of the first and the last track.

    Returns:
        The fixed tracks, and an `Asked` without seeds that carries the remarks about both names.

    Raises:
        UnknownTrackError: no track matches a name, or the match has no vector.
        AmbiguousTrackError: several tracks match.
    """
    ends = [lookup.asked([(name, 1.0)], choose=choose) if name else Asked(()) for name in (first, last)]
    route = Route(*(asked.seeds[0] if asked.seeds else None for asked in ends))
    return route, Asked((), ends[0].notes + ends[1].notes)


def continued(lookup: Lookup, asked: Asked, settings: ContinueSettings, route: Route = Route()) -> Answer:
    """Return tracks that continue the given tracks, in a smooth order if the settings ask for one.

    If two fixed tracks are the only given tracks, the answer contains the tracks on the way from the first to the last.

    Raises:
        UnknownTrackError: a track has no vector, or an artist to exclude is unknown.
        SettingError: the settings do not fit the fixed tracks, or the weights cancel out.
    """
    route.require_room(settings)
    search_for = _room_for(settings, len(route.seeds))
    if not asked.seeds and len(route.seeds) == 2:
        lookup.require_artists(settings)
        answer = passage(lookup.search, lookup.search.question(route.seeds, asked.notes), search_for)
    else:
        known = {seed.track.row for seed in asked.seeds}
        fixed = tuple(seed for seed in route.seeds if seed.track.row not in known)
        answer = lookup.similar_to(asked.seeds + fixed, search_for, asked.notes)
    answer = _in_time(answer, settings, route)
    return in_order(lookup, answer, settings, route) if settings.arrange else answer


def blended(lookup: Lookup, one: Asked, other: Asked, settings: ContinueSettings) -> Answer:
    """Return the blend of two lists (see `blend`), in a smooth order if the settings ask for one.

    Raises:
        UnknownTrackError: a track has no vector, or an artist to exclude is unknown.
        SettingError: the settings do not fit a blend.
    """
    lookup.require_artists(settings)
    search = lookup.search
    questions = (search.question(one.seeds, one.notes), search.question(other.seeds, other.notes))
    answer = _in_time(blend(search, questions, _room_for(settings, 0)), settings, Route())
    return in_order(lookup, answer, settings) if settings.arrange else answer


def in_order(lookup: Lookup, answer: Answer, settings: ContinueSettings, route: Route = Route()) -> Answer:
    """Return an answer with its tracks in a smooth order, between the fixed tracks if there are any."""
    first, last = (_listed(lookup, answer, route, end) for end in (route.first, route.last))
    whole = [*first, *answer.neighbours, *last]
    rows = np.array([near.track.row for near in whole], np.int64)
    vectors = unit_rows(np.asarray(lookup.embeddings.centre[rows])) if len(rows) else np.empty((0, 1), np.float32)
    ends = Ends(route.first is not None, route.last is not None)
    artists = [_artist(near.track) for near in whole]
    path = arranged(vectors, artists, ends=ends, gap=settings.artist_gap, seed=settings.random_seed)
    vectors, listed = vectors[path], [whole[place] for place in path.tolist()]
    notes = answer.notes
    if len(listed) < len(whole):
        left_out = plural(len(whole) - len(listed), "track")
        notes = (*notes, f"left out {left_out} of an artist that occurs within {settings.artist_gap} tracks")
    similarity = [None, *steps(vectors).tolist()]
    neighbours = (
        replace(near, rank=rank, step=step)
        for rank, (near, step) in enumerate(zip(listed, similarity, strict=False), 1)
    )
    return replace(
        answer, neighbours=tuple(neighbours), notes=notes, arrangement=_smoothness(vectors, ends, settings.random_seed)
    )


def _in_time(answer: Answer, settings: ContinueSettings, route: Route) -> Answer:
    """Return an answer with its first tracks, as many as fit into the duration together with the fixed tracks.

    Raises:
        SettingError: no duration is known, a fixed track has no known duration, or the fixed tracks are too long.
    """
    if settings.duration is None:
        return answer
    tracks = [near.track for near in answer.neighbours]
    fixed = [seed.track.seconds or 0 for seed in route.seeds]
    if (tracks and not any(track.seconds for track in tracks)) or not all(fixed):
        raise SettingError(
            "durations are not known, because the sources of the corpus do not state them: give -n instead, or find "
            "the files with --library DIR"
        )
    if sum(fixed) > settings.duration:
        raise SettingError("the first and the last track alone are longer than --duration: give a longer --duration")
    lengths = [track.seconds for track in tracks]
    kept, remarks = fitting(answer.neighbours, lengths, settings.duration, spent=sum(fixed))
    return replace(answer, neighbours=tuple(kept), notes=(*answer.notes, *remarks))


def _room_for(settings: ContinueSettings, fixed: int) -> ContinueSettings:
    """Return settings that leave room for fixed tracks, and limit the tracks per artist to what the gap allows."""
    number = settings.number - fixed
    limit = settings.max_per_artist
    if settings.artist_gap:
        most = max(1, settings.number // (settings.artist_gap + 1))
        limit = most if limit is None else min(limit, most)
    return replace(settings, number=number, max_per_artist=limit)


def _listed(lookup: Lookup, answer: Answer, route: Route, seed: Seed | None) -> list[Neighbour]:
    """Return a list with a fixed track as an entry, or an empty list; without other seeds its similarity is 1."""
    if seed is None:
        return []
    if answer.seeds == route.seeds:
        return [Neighbour(0, 1.0, seed.track)]
    vector = lookup.search.question(answer.seeds, ()).vector
    similarity = float(unit_rows(lookup.search.vector(seed.track)[None, :])[0] @ vector)
    return [Neighbour(0, similarity, seed.track)]


def _artist(track: Track) -> str:
    """Return a key that is equal for tracks of the same artist; tracks without an artist get different keys."""
    return fold_name(artist_without_guests(track.artist)) or f"\0{track.row}"


def _smoothness(vectors: Matrix, ends: Ends, seed: int) -> Arrangement:
    """Return the mean similarity of adjacent tracks in a list, and its mean over all random orders."""
    if len(vectors) < 2:
        return Arrangement(None, None, seed)
    return Arrangement(float(steps(vectors).mean()), mean_random_step(vectors, ends), seed)
