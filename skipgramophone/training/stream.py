"""The stream: the tokens of an epoch in an order that is a function of seed and epoch.

Any part of it can be laid out without what comes before it.

Runs of neighbouring playlists are drawn from all over the corpus until a pool is full, and the pool is shuffled:
neither is the order of a whole large corpus ever in memory, nor is it read a playlist here and one there, nor is
anything moved. What is drawn for a token (whether it is kept, where it stands in its playlist) is a function of its
place in the corpus, so that whoever lays out one end of a playlist agrees with whoever lays out the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.corpus import Corpus
from skipgramophone.settings import Context
from skipgramophone.training.batches import BatchShape, MacroBatch, pair_reach, spread
from skipgramophone.training.vocabulary import Probabilities

RUN, POOL = 256, 1 << 18  # neighbouring playlists that are drawn together, and how many are shuffled at once
MEASURED = 1 << 14  # playlists whose kept tokens are counted at once
DRAWN_BITS = 24  # of a token's random place in its playlist; those that draw the same stay in order
Numbers = npt.NDArray[np.int64]
Random = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a macro-batch lies in the stream of an epoch.

    Attributes:
        number: of the macro-batch, from 0.
        first: place of its first playlist in the order of the epoch.
        skipped: tokens of that playlist that stand before it.
        last: place of its last playlist.
        real: tokens that it holds; fewer than a whole macro-batch at both ends of the stream.
    """

    number: int
    first: int
    skipped: int
    last: int
    real: int


class Epoch:
    """The stream of one epoch."""

    def __init__(
        self, corpus: Corpus, keep: Probabilities | None, context: Context, shape: BatchShape, seed: tuple[int, ...]
    ) -> None:
        """Draw what holds for the whole epoch.

        Args:
            corpus: the playlists.
            keep: float64 (tracks,), probability with which each occurrence of a track is kept; None: all are.
            context: "bag" shuffles inside playlists; a window keeps their order.
            shape: the layout.
            seed: numbers of this epoch alone.
        """
        self._corpus, self._keep, self._shape, self._seed = corpus, keep, shape, seed
        self._is_bag = context == "bag"
        self._reach = pair_reach(context, shape.block)
        rng = np.random.default_rng(seed)
        self._shift = int(rng.integers(shape.block))  # the stream begins somewhere in a block
        self._for_keeping, self._for_order = rng.integers(0, 1 << 63, 2, np.uint64)
        self._runs = rng.permutation(-(-len(corpus) // RUN))
        sizes = np.minimum(RUN, len(corpus) - self._runs * RUN)  # the last run of the corpus may be short
        in_pools = np.add.reduceat(sizes, np.arange(0, len(sizes), POOL // RUN))
        self._starts = np.concatenate([[0], np.cumsum(in_pools)])  # places of the order at which pools begin
        self._pools: dict[int, Numbers] = {}  # those that were looked at last

    def stretches(self) -> Iterator[Stretch]:
        """Find where each macro-batch lies; tokens are read only where some are not kept."""
        number = first = skipped = begun = before = 0
        end = self._shape.macro - self._shift
        for pool, start in enumerate(self._starts[:-1].tolist()):
            ends = before + np.cumsum(self._lengths(self._pool(pool)))
            while end <= ends[-1]:
                last = int(np.searchsorted(ends, end, "left"))
                yield Stretch(number, first, skipped, start + last, end - begun)
                following = int(np.searchsorted(ends, end, "right"))
                first, skipped = start + following, end - int(ends[following - 1] if following else before)
                number, begun, end = number + 1, end, end + self._shape.macro
            before = int(ends[-1])
        if before > begun:
            yield Stretch(number, first, skipped, len(self._corpus) - 1, before - begun)

    def macro_batch(self, stretch: Stretch) -> MacroBatch:
        """Lay out a macro-batch."""
        tokens, playlist = self._tokens(self._playlists(stretch.first, stretch.last + 1))
        chosen = slice(stretch.skipped, stretch.skipped + stretch.real)
        before = self._shift if stretch.number == 0 else 0
        return spread(tokens[chosen], playlist[chosen], before, self._shape, self._reach)

    def _pool(self, pool: int) -> Numbers:
        """The playlists of a pool in their order."""
        found = self._pools.get(pool)
        if found is None:
            runs = self._runs[pool * POOL // RUN : (pool + 1) * POOL // RUN]
            drawn = (runs[:, None] * RUN + np.arange(RUN)).ravel()
            # Seeds that differ by zeros at their end are the same to NumPy.
            found = np.random.default_rng((*self._seed, pool + 1)).permutation(drawn[drawn < len(self._corpus)])
            self._pools = {**dict(list(self._pools.items())[-1:]), pool: found}
        return found

    def _playlists(self, first: int, end: int) -> Numbers:
        """The playlists at some places of the order."""
        pools = range(*(np.searchsorted(self._starts, [first, end - 1], "right") - [1, 0]).tolist())
        parts = [(self._pool(pool), int(self._starts[pool])) for pool in pools]
        return np.concatenate([pool[max(0, first - start) : end - start] for pool, start in parts])

    def _lengths(self, playlists: Numbers) -> Numbers:
        """How many tokens of each playlist are kept."""
        if self._keep is None:
            return self._corpus.offsets[playlists + 1] - self._corpus.offsets[playlists]
        counted = []
        for start in range(0, len(playlists), MEASURED):
            some = playlists[start : start + MEASURED]
            places, ends = self._corpus.places(some)
            kept = np.concatenate([[0], np.cumsum(self._is_kept(places, self._corpus.track_ids[places]))])
            counted.append(np.diff(kept[ends]))
        return np.concatenate(counted)

    def _is_kept(self, places: Numbers, tokens: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Which tokens are kept."""
        assert self._keep is not None
        return np.asarray((random_at(places, self._for_keeping) >> np.uint64(11)) * 2.0**-53 < self._keep[tokens])

    def _tokens(self, playlists: Numbers) -> tuple[npt.NDArray[np.int32], Numbers]:
        """The kept tokens of playlists in the order of the stream, and the number of each one's playlist from 1 on."""
        places, ends = self._corpus.places(playlists)
        tokens, playlist = self._corpus.track_ids[places], np.repeat(np.arange(1, len(ends)), np.diff(ends))
        if self._keep is not None:
            kept = self._is_kept(places, tokens)
            places, tokens, playlist = places[kept], tokens[kept], playlist[kept]
        if self._is_bag:
            tokens = tokens[shuffled_within(playlist, random_at(places, self._for_order))]
        return tokens, playlist


def random_at(places: Numbers, key: np.uint64) -> Random:
    """A random number for each place, the same whenever it is asked for: SplitMix64 (Steele, Lea and Flood 2014)."""
    x = places.astype(np.uint64)
    x *= np.uint64(0x9E3779B97F4A7C15)
    x += key
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x


def shuffled_within(playlist: Numbers, drawn: Random) -> Numbers:
    """The order in which tokens stand that are shuffled within their playlists, by what each has drawn.

    Args:
        playlist: rising numbers from 0 on.
        drawn: its first bits decide.
    """
    drawn = drawn >> np.uint64(64 - DRAWN_BITS)
    place_bits, playlist_bits = len(playlist).bit_length(), int(playlist[-1] if len(playlist) else 0).bit_length()
    if playlist_bits + DRAWN_BITS + place_bits > 63:
        return np.asarray(np.lexsort((drawn, playlist)))
    # One sort of whole numbers takes half the time: the playlist, what was drawn, the place.
    key = (playlist << DRAWN_BITS | drawn.astype(np.int64)) << place_bits | np.arange(len(playlist))
    key.sort()
    return np.asarray(key & ((1 << place_bits) - 1))
