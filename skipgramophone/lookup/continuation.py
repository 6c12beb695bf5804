"""Continues a playlist, or blends two playlists.

The tracks of a list can be put into a smooth order, in which adjacent tracks are similar (see `arrangement`). The first
and the last track can be fixed, and the total duration can be limited.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from skipgramophone.lookup.blend import blend
from skipgramophone.lookup.finished_list import FREE, Route, finished, room_for, seconds_of
from skipgramophone.lookup.passage import passage
from skipgramophone.lookup.ranking import recency_weights
from skipgramophone.lookup.results import Answer, Asked
from skipgramophone.settings import ContinueSettings

if TYPE_CHECKING:
    from skipgramophone.lookup.lookup import Lookup
    from skipgramophone.lookup.query_tracks import Choose


def by_recency(lookup: Lookup, asked: Asked, settings: ContinueSettings) -> Asked:
    """Weight the tracks of a list so that later tracks count more.

    The recency is taken from the settings. If they do not contain one, the recency that `sgp train` chose is used.

    Args:
        lookup: the opened experiment.
        asked: the tracks, in playlist order.
        settings: may contain the recency.
    """
    recency = settings.recency or lookup.opened.model.recency
    if recency == 1:
        return asked
    # position in the list; if several tracks replace one track, all of them have its position
    place: dict[object, int] = {}
    places = [place.setdefault(seed.fallback or at, len(place)) for at, seed in enumerate(asked.seeds)]
    weights = recency_weights(len(place), recency).tolist()
    seeds = [replace(seed, weight=seed.weight * weights[at]) for at, seed in zip(places, asked.seeds, strict=True)]
    return Asked(tuple(seeds), asked.notes)


def fixed_ends(
    lookup: Lookup, first: str | None, last: str | None, choose: Choose | None = None
) -> tuple[Route, Asked]:
    """Resolve the names of the first and the last track.

    Returns:
        The fixed tracks, and an `Asked` without query tracks that contains the remarks about both names.

    Raises:
        UnknownTrackError: no track matches a name, or the match has no vector.
        AmbiguousTrackError: several tracks match.
    """
    ends = [lookup.asked([(name, 1.0)], choose=choose, fallback=None) if name else Asked(()) for name in (first, last)]
    route = Route(*(asked.seeds[0] if asked.seeds else None for asked in ends))
    return route, Asked((), ends[0].notes + ends[1].notes)


def continued(
    lookup: Lookup, asked: Asked, settings: ContinueSettings, route: Route = FREE, *, with_seeds: bool = False
) -> Answer:
    """Return tracks that continue the given tracks, in a smooth order if the settings ask for one.

    If no tracks are given except the fixed first and last track, the answer contains tracks on the path between these
    two (see `passage`).

    Args:
        lookup: the opened experiment.
        asked: the given tracks.
        settings: ranking, filters, duration and order of the list.
        route: the first and the last track, if they are fixed.
        with_seeds: whether the given tracks are put before the list; if so, they count towards the maximum duration.

    Raises:
        UnknownTrackError: a track has no vector, or an artist to exclude is unknown.
        SettingError: a setting cannot be combined with fixed tracks, or the weighted vectors cancel out.
    """
    route.require_room(settings)
    search_for = room_for(settings, len(route.seeds))
    if not asked.seeds and len(route.seeds) == 2:
        lookup.require_known(settings)
        return _on_the_way(lookup, asked, settings, route)
    known = {seed.track.row for seed in asked.seeds}
    fixed = tuple(seed for seed in route.seeds if seed.track.row not in known)

    def find(wanted: ContinueSettings) -> Answer:
        """Search, with the settings `wanted`, for tracks that continue the given tracks."""
        return lookup.similar_to(asked.seeds + fixed, wanted, asked.notes)

    return finished(lookup, find(search_for), settings, route, find=find, with_seeds=with_seeds)


def blended(
    lookup: Lookup, one: Asked, other: Asked, settings: ContinueSettings, *, with_seeds: bool = False
) -> Answer:
    """Return the blend of two lists (see `blend`), in a smooth order if the settings ask for one.

    Args:
        lookup: the opened experiment.
        one: the tracks of the first list.
        other: the tracks of the second list.
        settings: ranking, filters, duration and order of the blend.
        with_seeds: whether the tracks of both lists are put before the blend; if so, they count towards the maximum
            duration.

    Raises:
        UnknownTrackError: a track has no vector, or an artist to exclude is unknown.
        SettingError: a setting cannot be combined with a blend.
    """
    lookup.require_known(settings)
    search = lookup.search
    questions = (search.question(one.seeds, one.notes), search.question(other.seeds, other.notes))
    find = partial(blend, search, questions)
    return finished(lookup, find(room_for(settings, 0)), settings, find=find, with_seeds=with_seeds)


def _on_the_way(lookup: Lookup, asked: Asked, settings: ContinueSettings, route: Route) -> Answer:
    """Return tracks on the way from the first to the last track, as many as fit into the maximum duration."""
    question, search_for = lookup.search.question(route.seeds, asked.notes), room_for(settings, len(route.seeds))

    def of(number: int) -> Answer:
        """Return the answer with `number` tracks on the way from the first to the last track."""
        return passage(lookup.search, question, replace(search_for, number=number))

    number, found = search_for.number, of(search_for.number)
    room, total = (settings.duration or math.inf) - seconds_of(route.seeds), seconds_of(found.neighbours)
    if total > room > 0:
        number = max(1, int(number * room / total))
        found = of(number)
        while number > 1 and seconds_of(found.neighbours) > room:
            number, found = number - 1, of(number - 1)
        while number + 1 < search_for.number and seconds_of((more := of(number + 1)).neighbours) <= room:
            number, found = number + 1, more
    return finished(lookup, found, settings, route, is_cut=number < search_for.number)
