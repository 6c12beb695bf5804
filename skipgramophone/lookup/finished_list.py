"""Finishes the list of `sgp continue`: limits its duration, orders it, and keeps tracks of one artist apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from skipgramophone.errors import SettingError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.embeddings import Matrix, unit_rows
from skipgramophone.lookup.arrangement import Ends, arranged, mean_random_step, steps
from skipgramophone.lookup.playing_time import Fitting, fitting, remark_on_time
from skipgramophone.lookup.results import Answer, Arrangement, Neighbour, Seed
from skipgramophone.lookup.selection import artist_label
from skipgramophone.names.normalization import fold_name
from skipgramophone.names.song_versions import artist_without_guests
from skipgramophone.settings import ContinueSettings
from skipgramophone.wording import Names, plural

if TYPE_CHECKING:
    from skipgramophone.experiment.catalogue import Track
    from skipgramophone.lookup.lookup import Lookup

Find = Callable[[ContinueSettings], Answer]  # searches with other settings


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
            SettingError: the list is not arranged or is too short, or the first and the last track are the same.
        """
        if not self.seeds:
            return
        if not settings.arrange:
            raise SettingError("a fixed first or last track needs an ordered list: add --arrange")
        if self.first and self.last and self.first.track.row == self.last.track.row:
            raise SettingError(f"'{self.first.track.name}' is both the first and the last track: give two tracks")
        if settings.number <= len(self.seeds):
            raise SettingError(
                f"-n {settings.number} leaves no room for other tracks, because it includes the fixed tracks: "
                "give a larger -n"
            )


FREE = Route()  # no end is fixed


def room_for(settings: ContinueSettings, fixed: int) -> ContinueSettings:
    """Return the settings for a search that finds the tracks of a list, except its fixed first and last track.

    `fixed` is the number of fixed tracks, from 0 to 2. If an artist gap is set, only a few tracks of each artist fit
    into the list. The search therefore returns no more tracks per artist than fit.
    """
    number = settings.number - fixed
    limit = settings.max_per_artist
    if settings.artist_gap:
        most = max(1, settings.number // (settings.artist_gap + 1))
        limit = most if limit is None else min(limit, most)
    # The search does not arrange the list, because it may return more tracks than the arrangement can handle.
    return replace(settings, number=number, max_per_artist=limit, arrange=False, artist_gap=0)


def finished(
    lookup: Lookup,
    answer: Answer,
    settings: ContinueSettings,
    route: Route = FREE,
    *,
    find: Find | None = None,
    with_seeds: bool = False,
    is_cut: bool = False,
) -> Answer:
    """Cut an answer to the maximum duration, and put it into a smooth order if the settings ask for one.

    Args:
        lookup: the opened experiment.
        answer: the tracks that were found.
        settings: duration and order of the list.
        route: the first and the last track, if they are fixed.
        find: a function that searches for more tracks. The tracks found replace tracks that cannot be placed without
            violating the artist gap. None if there are no more tracks.
        with_seeds: whether the given tracks are put before the list; if so, they count towards the maximum duration.
        is_cut: whether tracks have already been left out because of the duration.

    Raises:
        SettingError: no duration is known, the duration of a fixed track is unknown, or the fixed and given tracks
            alone exceed the maximum duration.
    """
    fixed = {seed.track.row for seed in route.seeds}
    given = [seed for seed in answer.seeds if with_seeds and seed.weight > 0 and seed.track.row not in fixed]
    given = [seed for seed in given if seed.fallback is None]
    if settings.duration is not None:
        _require_time(answer, settings.duration, route, given)
    unfinished = _Unfinished(lookup, answer, settings, route, given=given, find=find)
    fit = unfinished.fill()
    answer = unfinished.answer_with(fit)
    if settings.duration is None:
        return answer
    total = seconds_of(answer.neighbours) + seconds_of(given)
    # true if a larger -n would give no more tracks
    has_enough = fit.is_cut or is_cut or (total > 0 and not unfinished.is_full(fit))
    notes = [remark_on_time(total, settings.duration, has_enough)]
    uncounted = sum(not seed.track.seconds for seed in given)
    if uncounted:
        notes.append(f"the duration does not include {plural(uncounted, 'given track')} of unknown duration")
    return replace(answer, notes=(*answer.notes, *notes))


@dataclass(slots=True)
class _Unfinished:
    """A list in progress: it is not decided yet which of the found tracks it will contain.

    Attributes:
        most: artist -> maximum number of tracks of this artist that the next attempts choose. An artist has an entry if
            an attempt could not place all chosen tracks of the artist because of the artist gap. The maximum is then
            the number that it could place.
        tried: all tracks that were chosen in any attempt: row -> track.
    """

    lookup: Lookup
    answer: Answer
    settings: ContinueSettings
    route: Route
    given: Sequence[Seed]
    find: Find | None
    most: dict[str, int] = field(default_factory=dict)
    tried: dict[int, Neighbour] = field(default_factory=dict)
    listed: list[Neighbour] = field(default_factory=list)

    @property
    def number(self) -> int:
        """The number of tracks to choose, in addition to the fixed tracks."""
        return self.settings.number - len(self.route.seeds)

    def fill(self) -> Fitting[Neighbour]:
        """Choose and order tracks repeatedly, until none violates the artist gap; return the tracks chosen last."""
        while True:
            fit = self._chosen()
            if self.most and not self.is_full(fit) and self._has_found_more():
                continue
            self.tried.update((near.track.row, near) for near in fit.kept)
            if not self.settings.arrange:
                self.listed = fit.kept
                return fit
            self.listed = self._in_order(fit.kept)
            rows = {near.track.row for near in self.listed}
            broken = {_artist(near.track) for near in fit.kept if near.track.row not in rows}
            if not broken or self.find is None:
                return fit
            placed = Counter(_artist(near.track) for near in fit.kept if near.track.row in rows)
            self.most.update({artist: placed[artist] for artist in broken})

    def is_full(self, fit: Fitting[Neighbour]) -> bool:
        """Whether the list cannot get longer: it has the requested number of tracks or the maximum duration."""
        return fit.is_cut or len(fit.kept) + fit.unknown >= self.number

    def answer_with(self, fit: Fitting[Neighbour]) -> Answer:
        """Return the answer with the chosen tracks, and with notes on those that were left out or replaced."""
        if not self.settings.arrange:
            return replace(self.answer, neighbours=tuple(fit.kept), notes=(*self.answer.notes, *fit.remarks))
        rows = np.array([near.track.row for near in self.listed], np.int64)
        vectors, ends = self._vectors(rows), Ends(int(self.route.first is not None), self.route.last is not None)
        similarity = [None, *steps(vectors).tolist()]
        neighbours = (
            replace(near, rank=rank, step=step)
            for rank, (near, step) in enumerate(zip(self.listed, similarity, strict=False), 1)
        )
        return replace(
            self.answer,
            neighbours=tuple(neighbours),
            notes=(*self.answer.notes, *fit.remarks, *self._remarks_on_gap(fit)),
            arrangement=_smoothness(vectors, ends, self.settings.random_seed),
        )

    def _chosen(self) -> Fitting[Neighbour]:
        """Return the best tracks that the artist gap allows, up to the requested number and the maximum duration."""
        numbers, allowed = Counter[str](), list[Neighbour]()
        for near in self.answer.neighbours:
            artist = _artist(near.track)
            if artist not in self.most or numbers[artist] < self.most[artist]:
                numbers[artist] += 1
                allowed.append(near)
        allowed = allowed[: self.number]
        if self.settings.duration is None:
            return Fitting(allowed, unknown=0, is_cut=False)
        spent = seconds_of(self.route.seeds) + seconds_of(self.given)
        return fitting(allowed, [near.track.seconds for near in allowed], self.settings.duration, spent=spent)

    def _has_found_more(self) -> bool:
        """Search again for more tracks, and return whether the search found more than `answer` contains.

        It asks for twice as many tracks as `answer` contains, or twice as many as requested if this is more.
        """
        if self.find is None:
            return False
        found = len(self.answer.neighbours)
        wider = self.find(replace(room_for(self.settings, len(self.route.seeds)), number=2 * max(found, self.number)))
        if len(wider.neighbours) <= found:
            return False
        self.answer = replace(self.answer, neighbours=wider.neighbours)
        return True

    def _in_order(self, tracks: Sequence[Neighbour]) -> list[Neighbour]:
        """Return the fixed tracks, and those of `tracks` that fit between them, in a smooth order.

        The first track of this order continues the given tracks, which are not returned.
        """
        before = [Neighbour(0, 1.0, seed.track) for seed in self.given[-max(1, self.settings.artist_gap) :]]
        first, last = (self._end(seed) for seed in (self.route.first, self.route.last))
        whole = [*before, *first, *tracks, *last]
        path = arranged(
            self._vectors(np.array([near.track.row for near in whole], np.int64)),
            [_artist(near.track) for near in whole],
            ends=Ends(len(before) + len(first), bool(last)),
            gap=self.settings.artist_gap,
            seed=self.settings.random_seed,
        )
        return [whole[place] for place in path.tolist()[len(before) :]]

    def _end(self, seed: Seed | None) -> list[Neighbour]:
        """Return the fixed first or last track as a list with one entry; if `seed` is None, return an empty list.

        The similarity of the fixed track is its cosine with the query, or 1 if the fixed tracks are the only query
        tracks.
        """
        if seed is None:
            return []
        if self.answer.seeds == self.route.seeds:
            return [Neighbour(0, 1.0, seed.track)]
        search = self.lookup.search
        vector = search.question(self.answer.seeds, ()).vector
        return [Neighbour(0, float(unit_rows(search.vector(seed.track)[None, :])[0] @ vector), seed.track)]

    def _vectors(self, rows: Rows) -> Matrix:
        """Return the unit vectors of tracks."""
        if not len(rows):
            return np.empty((0, 1), np.float32)
        return unit_rows(np.asarray(self.lookup.embeddings.centre[rows]))

    def _remarks_on_gap(self, fit: Fitting[Neighbour]) -> list[str]:
        """Return a remark on the tracks that the artist gap excludes, and advice if this makes the list too short."""
        gap, rows = self.settings.artist_gap, {near.track.row for near in self.listed}
        left_out = [near for row, near in self.tried.items() if row not in rows]
        if self.find is not None:
            left_out = [near for near in left_out if _artist(near.track) in self.most]
        is_short = self.find is None or not self.is_full(fit)
        remedy = ": a smaller --artist-gap gives a longer list" if is_short else ""
        if left_out:
            which = f"{plural(len(left_out), 'track')} that cannot be placed with an artist gap of {gap}"
            return [f"left out {which}{remedy}" if is_short else f"replaced {which}"]
        return [f"an artist gap of {gap} limits the tracks of each artist{remedy}"] if self._is_limited(fit) else []

    def _is_limited(self, fit: Fitting[Neighbour]) -> bool:
        """Whether the list is too short because the gap limits the number of tracks by one artist."""
        search_for = room_for(self.settings, len(self.route.seeds))
        limit = self.settings.max_per_artist
        if self.find is None or self.is_full(fit) or search_for.max_per_artist == limit:
            return False
        unlimited = self.find(replace(search_for, max_per_artist=limit))
        return len(unlimited.neighbours) > len(self.answer.neighbours)


def _require_time(answer: Answer, duration: float, route: Route, given: Sequence[Seed]) -> None:
    """Verify that durations are known, and that the fixed and the given tracks alone fit into the maximum duration.

    Raises:
        SettingError: durations are not known, or these tracks do not fit.
    """

    def instead(named: Names) -> str:
        library = named.either("", ", or add --library DIR to read durations from audio files")
        return f"give {named.either('number', '-n')} instead of {named('duration')}{library}"

    if answer.neighbours and not any(near.track.seconds for near in answer.neighbours):
        problem = "no durations are known, because the sources of the corpus do not contain them"
        raise SettingError.naming(lambda named: f"{problem}: {instead(named)}")
    unknown = [seed.track.name for seed in route.seeds if not seed.track.seconds]
    if unknown:
        raise SettingError.naming(lambda named: f"the duration of '{unknown[0]}' is not known: {instead(named)}")
    if seconds_of(route.seeds) > duration:
        raise SettingError("the first and the last track together are longer than --duration: give a longer --duration")
    if seconds_of(route.seeds) + seconds_of(given) > duration:
        raise SettingError(
            "the given tracks alone are longer than --duration: increase --duration, or leave out --include-seeds"
        )


def seconds_of(tracks: Iterable[Seed | Neighbour]) -> float:
    """Return the sum of the known durations of tracks."""
    return float(sum(entry.track.seconds or 0 for entry in tracks))


def _artist(track: Track) -> str:
    """Return a key that is equal for tracks of the same artist. A track without an artist has a key of its own."""
    return artist_label(fold_name(artist_without_guests(track.artist)), track)


def _smoothness(vectors: Matrix, ends: Ends, seed: int) -> Arrangement:
    """Return the mean similarity of adjacent tracks in a list, and its average over all possible orders of the list."""
    if len(vectors) < 2:
        return Arrangement(None, None, seed)
    return Arrangement(float(steps(vectors).mean()), mean_random_step(vectors, ends), seed)
