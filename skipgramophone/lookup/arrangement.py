"""Orders a playlist so that adjacent tracks are similar, and tracks of one artist are not too close to each other.

The order is a path through all tracks. A greedy path is built first: each track is followed by one of the most similar
remaining tracks, which the random seed selects. The path is then improved until no move improves it any more. A move
reverses a part of the path (2-opt; Croes 1958), or moves up to three adjacent tracks to another position (Or-opt; Or
1976). A move is accepted if it increases the total similarity of adjacent tracks, and does not increase the number of
conflicts. A conflict is a pair of tracks by the same artist that are too close to each other.

Fixed tracks at the start and a fixed last track keep their positions. A virtual track is put before the first track if
the first track is not fixed. Another one is put after the last track if the last track is not fixed. The similarity of
a virtual track to every track is 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.embeddings import Matrix

Cosines = npt.NDArray[np.float64]
Path = npt.NDArray[np.int64]
CHOICES = 3  # number of most similar remaining tracks from which the greedy path draws the next track
LONGEST_MOVED = 3  # maximum number of tracks that are moved together
LEAST_GAIN = 1e-9  # a smaller improvement counts as a rounding error


@dataclass(frozen=True, slots=True)
class Ends:
    """The tracks that keep their positions: the first `first` tracks and, if `last` is true, the last track."""

    first: int = 0
    last: bool = False


def arranged(vectors: Matrix, artists: Sequence[str], *, ends: Ends, gap: int, seed: int) -> Path:
    """Return indices of tracks, ordered so that adjacent tracks are similar, int64.

    A track is left out if, in the final order, fewer than `gap` other tracks are between it and the previous track by
    the same artist.

    Args:
        vectors: unit vectors of the tracks, float32 (tracks, embedding_dim).
        artists: the artist of each track.
        ends: the tracks that keep their positions.
        gap: minimum number of tracks between two tracks of one artist; 0 means no limit.
        seed: random seed; different seeds give different orders.
    """
    if len(vectors) < 2:
        return np.arange(len(vectors))
    route = _Route(vectors, artists, ends, gap)
    path = route.greedy(np.random.default_rng(seed))
    return route.without_conflicts(route.improved(route.repaired(path)))


def steps(vectors: Matrix) -> npt.NDArray[np.float64]:
    """Return the cosine of each pair of adjacent unit vectors, float64 (tracks - 1,)."""
    wide = vectors.astype(np.float64)
    return np.asarray(np.einsum("ij,ij->i", wide[1:], wide[:-1]), np.float64)


def mean_random_step(vectors: Matrix, ends: Ends) -> float:
    """Return the mean cosine of adjacent tracks, averaged over all possible orders of two or more tracks.

    `vectors` are the unit vectors of the tracks. The tracks in `ends` keep their positions in all orders. The mean is
    computed without trying all orders. It is exact, because each pair of tracks that may move is adjacent in the same
    number of orders.
    """
    cosines = _cosines(vectors)
    tracks = len(cosines)
    free = np.arange(ends.first, tracks - int(ends.last))
    if not len(free):
        return float(steps(vectors).mean())
    among = cosines[np.ix_(free, free)]
    pairs = len(free) * (len(free) - 1)
    total = (len(free) - 1) * (among.sum() - np.trace(among)) / pairs if pairs else 0.0
    total += steps(vectors[: ends.first]).sum()
    total += cosines[ends.first - 1, free].mean() if ends.first else 0.0
    total += cosines[-1, free].mean() if ends.last else 0.0
    return float(total / (tracks - 1))


def _cosines(vectors: Matrix) -> Cosines:
    """Return the cosine of each pair of unit vectors, float64 (tracks, tracks)."""
    wide = vectors.astype(np.float64)
    return np.asarray(wide @ wide.T)


class _Route:
    """Operations on paths; a path is an array of track indices with a virtual track at both ends."""

    def __init__(self, vectors: Matrix, artists: Sequence[str], ends: Ends, gap: int) -> None:
        tracks = len(vectors)
        self.cosines = np.zeros((tracks + 2, tracks + 2))
        self.cosines[:tracks, :tracks] = _cosines(vectors)
        _, self.labels = np.unique([*artists, "\0first", "\0last"], return_inverse=True)
        self.gap, self.tracks, self.ends = gap, tracks, ends
        self.low, self.high = 1 + ends.first, tracks - int(ends.last)  # positions of the tracks that may move

    def conflicts(self, path: Path) -> int:
        """Return the number of pairs of tracks by the same artist with fewer than `gap` tracks between them."""
        labels = self.labels[path]
        near = range(1, min(self.gap, len(path) - 1) + 1)
        return sum(int(np.count_nonzero(labels[apart:] == labels[:-apart])) for apart in near)

    def length(self, path: Path) -> float:
        """Return the sum of the similarities of adjacent tracks."""
        return float(self.cosines[path[:-1], path[1:]].sum())

    def greedy(self, random: np.random.Generator) -> Path:
        """Return a path in which each track is followed by one of the allowed tracks that are most similar to it.

        The next track is drawn at random from the `CHOICES` most similar ones; after a virtual track, from all.
        """
        first, last = self.tracks, self.tracks + 1  # the virtual tracks
        path = [first, *range(self.ends.first)]
        end = [*([self.tracks - 1] if self.ends.last else []), last]
        left = list(range(self.ends.first, self.tracks - int(self.ends.last)))
        while left:
            allowed = self._allowed(path, left)
            near = self.cosines[path[-1], allowed]
            best = np.argsort(-near, kind="stable")[:CHOICES] if path[-1] != first else np.arange(len(allowed))
            chosen = allowed[int(best[random.integers(len(best))])]
            path.append(chosen)
            left.remove(chosen)
        return np.array([*path, *end], np.int64)

    def _allowed(self, path: Sequence[int], left: Sequence[int]) -> list[int]:
        """Return the tracks that may come next.

        An artist may have so many remaining tracks that all of them fit into the list only if one of them is placed
        each time that the gap allows it. If there are such artists, return only their tracks.
        """
        recent = set(self.labels[path[-self.gap :]].tolist()) if self.gap else set[int]()
        allowed = [track for track in left if self.labels[track] not in recent]
        if not self.gap or not allowed:
            return allowed or list(left)
        numbers = Counter(self.labels[left].tolist())
        most = max(numbers.values())
        needed = (most - 1) * (self.gap + 1) + sum(number == most for number in numbers.values())
        urgent = [track for track in allowed if numbers[int(self.labels[track])] == most]
        return urgent if needed >= len(left) and urgent else allowed

    def repaired(self, path: Path) -> Path:
        """Move single tracks until no move reduces the number of conflicts (see `conflicts`), and return the path."""
        broken = self.conflicts(path)
        while broken:
            moves = [move for place in self._in_conflict(path) for move in self._moved_alone(path, place)]
            best = min(moves, key=lambda move: (self.conflicts(move), -self.length(move)), default=path)
            if self.conflicts(best) >= broken:
                break
            path, broken = best, self.conflicts(best)
        return path

    def _in_conflict(self, path: Path) -> list[int]:
        """Return the positions of the movable tracks that are too close to another track of the same artist."""
        labels = self.labels[path]
        near = range(1, min(self.gap, len(path) - 1) + 1)
        pairs = [(at, at + apart) for apart in near for at in np.flatnonzero(labels[apart:] == labels[:-apart])]
        return sorted({int(place) for pair in pairs for place in pair if self.low <= place <= self.high})

    def _moved_alone(self, path: Path, place: int) -> Iterator[Path]:
        """Yield the paths in which the track at position `place` is moved elsewhere or swapped with another track."""
        rest = np.delete(path, place)
        for other in range(self.low, self.high + 1):
            if other != place:
                yield np.insert(rest, other, path[place])
                swapped = path.copy()
                swapped[[place, other]] = path[[other, place]]
                yield swapped

    def improved(self, path: Path) -> Path:
        """Reverse and move parts of a path until no move increases the sum of the similarities, and return the path."""
        improves = True
        while improves:
            improves = False
            for start in range(self.low, self.high + 1):
                for moves in (self._reversals(path, start), self._relocations(path, start)):
                    better = self._first_allowed(path, moves)
                    if better is not None:
                        path, improves = better, True
        return path

    def _first_allowed(self, path: Path, moves: Iterator[tuple[float, Path]]) -> Path | None:
        """Return the first path of `moves` that has no more conflicts than `path` (see `conflicts`), or None."""
        broken = self.conflicts(path) if self.gap else 0
        return next((moved for _, moved in moves if not self.gap or self.conflicts(moved) <= broken), None)

    def _reversals(self, path: Path, start: int) -> Iterator[tuple[float, Path]]:
        """Yield the gain and the new path for each reversal of a part that begins at `start`; largest gain first."""
        last = np.arange(start + 1, self.high + 1)
        before, first = path[start - 1], path[start]
        gains = self.cosines[before, path[last]] + self.cosines[first, path[last + 1]]
        gains -= self.cosines[before, first] + self.cosines[path[last], path[last + 1]]
        for at in _by_gain(gains):
            moved, end = path.copy(), int(last[at]) + 1
            moved[start:end] = path[start:end][::-1]
            yield float(gains[at]), moved

    def _relocations(self, path: Path, start: int) -> Iterator[tuple[float, Path]]:
        """Yield the gain and the new path for each way to move the tracks at position `start`; largest gain first.

        The track at `start` is moved alone, or together with the next track or the next two tracks.
        """
        found: list[tuple[float, int, int, bool]] = []
        for number in range(1, min(LONGEST_MOVED, self.high + 1 - start) + 1):
            end = start + number
            rest = np.delete(path, slice(start, end))
            place = np.arange(self.low, self.high - number + 2)  # insertion points in `rest`
            left, right, head, tail = rest[place - 1], rest[place], path[start], path[end - 1]
            removed = self.cosines[path[start - 1], path[end]] - self.cosines[path[start - 1], head]
            removed -= self.cosines[tail, path[end]]
            for turned in (False, True) if number > 1 else (False,):
                one, other = (tail, head) if turned else (head, tail)
                gains = removed + self.cosines[left, one] + self.cosines[other, right] - self.cosines[left, right]
                found += [(float(gains[at]), number, int(place[at]), turned) for at in _by_gain(gains)]
        for gain, number, to, turned in sorted(found, key=lambda move: -move[0]):
            part = path[start : start + number]
            yield gain, np.insert(np.delete(path, slice(start, start + number)), to, part[::-1] if turned else part)

    def without_conflicts(self, path: Path) -> Path:
        """Return a path without the tracks that are too close to an earlier one by the same artist.

        Fixed tracks are always kept.
        """
        inner = path[1:-1].tolist()
        last = inner.pop() if self.ends.last else None
        kept: list[int] = []
        for at, track in enumerate(inner):
            recent = {self.labels[other] for other in kept[-self.gap :]} if self.gap else set()
            if self.labels[track] not in recent or at < self.ends.first:
                kept.append(track)
        if last is not None:
            while any(self._too_near(kept, at, last) for at in range(len(kept))):
                kept.pop(next(at for at in range(len(kept)) if self._too_near(kept, at, last)))
            kept.append(last)
        return np.array(kept, np.int64)

    def _too_near(self, kept: Sequence[int], at: int, last: int) -> bool:
        """Whether the track kept[at] may move, and is too close to the fixed last track `last` by the same artist."""
        is_free = at >= self.ends.first
        return is_free and len(kept) - at <= self.gap and bool(self.labels[kept[at]] == self.labels[last])


def _by_gain(gains: npt.NDArray[np.float64]) -> list[int]:
    """Return the indices of the gains that are more than rounding errors, largest gain first."""
    order = np.argsort(-gains, kind="stable")
    return [int(place) for place in order if gains[place] > LEAST_GAIN]
