"""Continues a playlist, or blends two playlists.

The tracks of a list can be put into a smooth order, in which adjacent tracks are similar (see `arrangement`). The first
and the last track can be fixed, and the total duration can be limited.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from skipgramophone.errors import SettingError
from skipgramophone.experiment.embeddings import Matrix, unit_rows
from skipgramophone.lookup.arrangement import Ends, arranged, mean_random_step, steps
from skipgramophone.lookup.blend import blend
from skipgramophone.lookup.passage import passage
from skipgramophone.lookup.playing_time import fitting, remark_on_time
from skipgramophone.lookup.ranking import recency_weights
from skipgramophone.lookup.results import Answer, Arrangement, Asked, Neighbour, Seed
from skipgramophone.names.normalization import fold_name
from skipgramophone.names.song_versions import artist_without_guests
from skipgramophone.settings import ContinueSettings
from skipgramophone.wording import plural

if TYPE_CHECKING:
    from skipgramophone.experiment.catalogue import Track
    from skipgramophone.lookup.lookup import Lookup
    from skipgramophone.lookup.query_tracks import Choose


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
            raise SettingError(f"-n {settings.number} leaves no room: the given tracks count too, so give a larger -n")


def by_recency(lookup: Lookup, asked: Asked, settings: ContinueSettings) -> Asked:
    """Weight the tracks of a list so that later tracks count more.

    The recency is taken from the settings. If they do not contain one, the recency that `sgp train` chose is used.

    Args:
        lookup: the opened experiment.
        asked: the tracks, in playlist order.
        settings: the recency, if it is given.
    """
    recency = settings.recency or lookup.opened.model.recency
    if recency == 1:
        return asked
    place: dict[object, int] = {}  # place in the list; all tracks that replace a track have the same place
    places = [place.setdefault(seed.fallback or at, len(place)) for at, seed in enumerate(asked.seeds)]
    weights = recency_weights(len(place), recency).tolist()
    seeds = [replace(seed, weight=seed.weight * weights[at]) for at, seed in zip(places, asked.seeds, strict=True)]
    return Asked(tuple(seeds), asked.notes)


def fixed_ends(
    lookup: Lookup, first: str | None, last: str | None, choose: Choose | None = None
) -> tuple[Route, Asked]:
    """Resolve the names of the first and the last track.

    Returns:
        The fixed tracks, and an `Asked` without seeds that contains the remarks about both names.

    Raises:
        UnknownTrackError: no track matches a name, or the match has no vector.
        AmbiguousTrackError: several tracks match.
    """
    ends = [lookup.asked([(name, 1.0)], choose=choose, fallback=None) if name else Asked(()) for name in (first, last)]
    route = Route(*(asked.seeds[0] if asked.seeds else None for asked in ends))
    return route, Asked((), ends[0].notes + ends[1].notes)


def continued(
    lookup: Lookup, asked: Asked, settings: ContinueSettings, route: Route = Route(), *, with_seeds: bool = False
) -> Answer:
    """Return tracks that continue the given tracks, in a smooth order if the settings ask for one.

    If two fixed tracks are the only given tracks, the answer contains the tracks on the way from the first to the last.

    Args:
        lookup: the opened experiment.
        asked: the given tracks.
        settings: ranking, filters, duration and order of the list.
        route: the first and the last track, if they are fixed.
        with_seeds: whether the maximum duration includes the given tracks.

    Raises:
        UnknownTrackError: a track has no vector, or an artist to exclude is unknown.
        SettingError: the settings do not fit the fixed tracks, or the weighted vectors cancel out.
    """
    route.require_room(settings)
    search_for = _room_for(settings, len(route.seeds))
    if not asked.seeds and len(route.seeds) == 2:
        lookup.require_known(settings)
        return _on_the_way(lookup, asked, settings, route)
    known = {seed.track.row for seed in asked.seeds}
    fixed = tuple(seed for seed in route.seeds if seed.track.row not in known)
    answer = lookup.similar_to(asked.seeds + fixed, search_for, asked.notes)
    return _finished(lookup, answer, settings, route, with_seeds=with_seeds)


def blended(
    lookup: Lookup, one: Asked, other: Asked, settings: ContinueSettings, *, with_seeds: bool = False
) -> Answer:
    """Return the blend of two lists (see `blend`), in a smooth order if the settings ask for one.

    Args:
        lookup: the opened experiment.
        one: the tracks of the first list.
        other: the tracks of the second list.
        settings: ranking, filters, duration and order of the blend.
        with_seeds: whether the maximum duration includes the tracks of both lists.

    Raises:
        UnknownTrackError: a track has no vector, or an artist to exclude is unknown.
        SettingError: the settings do not fit a blend.
    """
    lookup.require_known(settings)
    search = lookup.search
    questions = (search.question(one.seeds, one.notes), search.question(other.seeds, other.notes))
    return _finished(lookup, blend(search, questions, _room_for(settings, 0)), settings, with_seeds=with_seeds)


def _on_the_way(lookup: Lookup, asked: Asked, settings: ContinueSettings, route: Route) -> Answer:
    """Return as many tracks on the way from the first to the last track as fit into the maximum duration."""
    question, search_for = lookup.search.question(route.seeds, asked.notes), _room_for(settings, len(route.seeds))

    def of(number: int) -> Answer:
        """Return the answer with `number` tracks on the way."""
        return passage(lookup.search, question, replace(search_for, number=number))

    number, found = search_for.number, of(search_for.number)
    room, total = (settings.duration or math.inf) - _seconds(route.seeds), _seconds(found.neighbours)
    if total > room > 0:
        number = max(1, int(number * room / total))
        found = of(number)
        while number > 1 and _seconds(found.neighbours) > room:
            number, found = number - 1, of(number - 1)
        while number + 1 < search_for.number and _seconds((more := of(number + 1)).neighbours) <= room:
            number, found = number + 1, more
    return _finished(lookup, found, settings, route, is_cut=number < search_for.number)


def _finished(
    lookup: Lookup,
    answer: Answer,
    settings: ContinueSettings,
    route: Route = Route(),
    *,
    with_seeds: bool = False,
    is_cut: bool = False,
) -> Answer:
    """Cut an answer to the maximum duration, and put it into a smooth order if the settings ask for one.

    Args:
        lookup: the opened experiment.
        answer: the tracks that were found.
        settings: duration and order of the list.
        route: the first and the last track, if they are fixed.
        with_seeds: whether the maximum duration includes the given tracks.
        is_cut: whether tracks have already been left out because of the duration.

    Raises:
        SettingError: no duration is known, the duration of a fixed track is unknown, or the fixed and given tracks
            alone exceed the maximum duration.
    """
    if settings.duration is None:
        return in_order(lookup, answer, settings, route) if settings.arrange else answer
    fixed = {seed.track.row for seed in route.seeds}
    given = [seed for seed in answer.seeds if with_seeds and seed.weight > 0 and seed.track.row not in fixed]
    given = [seed for seed in given if seed.fallback is None]
    _require_time(answer, settings.duration, route, given)
    lengths = [near.track.seconds for near in answer.neighbours]
    fit = fitting(answer.neighbours, lengths, settings.duration, spent=_seconds(route.seeds) + _seconds(given))
    answer = replace(answer, neighbours=tuple(fit.kept), notes=(*answer.notes, *fit.remarks))
    answer = in_order(lookup, answer, settings, route) if settings.arrange else answer
    total = _seconds(answer.neighbours) + _seconds(given)
    notes = [remark_on_time(total, settings.duration, fit.is_cut or is_cut)]
    uncounted = sum(not seed.track.seconds for seed in given)
    if uncounted:
        notes.append(f"{plural(uncounted, 'given track')} of unknown duration not counted")
    return replace(answer, notes=(*answer.notes, *notes))


def _require_time(answer: Answer, duration: float, route: Route, given: Sequence[Seed]) -> None:
    """Verify that durations are known, and that the fixed and the given tracks alone fit into the maximum duration.

    Raises:
        SettingError: durations are not known, or these tracks do not fit.
    """
    instead = "give -n instead, or find the files with --library DIR"
    if answer.neighbours and not any(near.track.seconds for near in answer.neighbours):
        raise SettingError(f"no durations are known, because the sources of the corpus do not contain them: {instead}")
    unknown = [seed.track.name for seed in route.seeds if not seed.track.seconds]
    if unknown:
        raise SettingError(f"the duration of '{unknown[0]}' is not known: {instead}")
    if _seconds(route.seeds) > duration:
        raise SettingError("the first and the last track together are longer than --duration: give a longer --duration")
    if _seconds(route.seeds) + _seconds(given) > duration:
        raise SettingError(
            "the given tracks alone are longer than --duration: increase --duration, or leave out --include-seeds"
        )


def _seconds(tracks: Iterable[Seed | Neighbour]) -> float:
    """Return the sum of the known durations of tracks."""
    return float(sum(entry.track.seconds or 0 for entry in tracks))


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
        notes = (
            *notes,
            f"left out {left_out} for which an artist-gap of {settings.artist_gap} leaves no place",
        )
    similarity = [None, *steps(vectors).tolist()]
    neighbours = (
        replace(near, rank=rank, step=step)
        for rank, (near, step) in enumerate(zip(listed, similarity, strict=False), 1)
    )
    return replace(
        answer, neighbours=tuple(neighbours), notes=notes, arrangement=_smoothness(vectors, ends, settings.random_seed)
    )


def _room_for(settings: ContinueSettings, fixed: int) -> ContinueSettings:
    """Return settings for the search: no places for the fixed tracks, and a limit per artist that fits the gap."""
    number = settings.number - fixed
    limit = settings.max_per_artist
    if settings.artist_gap:
        most = max(1, settings.number // (settings.artist_gap + 1))
        limit = most if limit is None else min(limit, most)
    # The search does not arrange the list, because it may look at more tracks than can be arranged.
    return replace(settings, number=number, max_per_artist=limit, arrange=False, artist_gap=0)


def _listed(lookup: Lookup, answer: Answer, route: Route, seed: Seed | None) -> list[Neighbour]:
    """Return a list with one entry for a fixed track, or an empty list if no track is fixed.

    The similarity of the entry is its cosine with the query, or 1 if the fixed tracks are the only seeds.
    """
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
    """Return the mean similarity of adjacent tracks in a list, and the mean of this value over all possible orders."""
    if len(vectors) < 2:
        return Arrangement(None, None, seed)
    return Arrangement(float(steps(vectors).mean()), mean_random_step(vectors, ends), seed)
