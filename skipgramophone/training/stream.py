"""The stream: the tokens of an epoch, in an order that depends only on the seed and the epoch.

Any part of the stream can be made without the parts before it.

The corpus is read in runs, which are short sequences of consecutive playlists. Runs are chosen at random from the whole
corpus until a pool of playlists is full, and then the pool is shuffled. The complete order of a large corpus is
therefore never in memory, and playlists are not read one by one.

Each token has two random numbers: one decides whether the token is kept, the other where it is placed within its
playlist. Within an epoch, both numbers depend only on the position of the token in the corpus, so two workers that
process parts of one playlist make the same choices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.experiment.corpus import Corpus
from skipgramophone.settings import Context
from skipgramophone.training.batches import BatchShape, MacroBatch, pad_tokens, pair_reach
from skipgramophone.training.vocabulary import Probabilities

RUN, POOL = 256, 1 << 18  # number of playlists in a run, and in a pool
MEASURED = 1 << 14  # number of playlists whose kept tokens are counted in one batch
DRAWN_BITS = 24  # bits of the random number by which tokens are shuffled; tokens with equal numbers keep their order
Numbers = npt.NDArray[np.int64]
Random = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of an epoch's stream that one macro-batch covers.

    Attributes:
        number: number of the macro-batch, from 0.
        first: position of its first playlist in the order of the epoch.
        skipped: number of tokens of its first playlist that belong to the previous macro-batch.
        last: position of its last playlist.
        real: number of its tokens; at both ends of the stream it may be less than a full macro-batch.
    """

    number: int
    first: int
    skipped: int
    last: int
    real: int


class Epoch:
    """The tokens of one epoch, in the order in which they are trained."""

    def __init__(
        self, corpus: Corpus, keep: Probabilities | None, context: Context, *, shape: BatchShape, seed: tuple[int, ...]
    ) -> None:
        """Draw the random numbers of the epoch.

        Args:
            corpus: the playlists.
            keep: float64 (tracks,), probability that an occurrence of a track is kept; None keeps all.
            context: "bag" shuffles the tracks within playlists; a window keeps their order.
            shape: sizes of the batches.
            seed: numbers that are unique to this epoch.
        """
        self._corpus, self._keep, self._shape, self._seed = corpus, keep, shape, seed
        self._is_bag = context == "bag"
        self._reach = pair_reach(context, shape.block)
        rng = np.random.default_rng(seed)
        self._shift = int(rng.integers(shape.block))  # the stream begins at a random offset in its first block
        self._for_keeping, self._for_order = rng.integers(0, 1 << 63, 2, np.uint64)
        self._runs = rng.permutation(-(-len(corpus) // RUN))
        sizes = np.minimum(RUN, len(corpus) - self._runs * RUN)  # the last run of the corpus may be short
        in_pools = np.add.reduceat(sizes, np.arange(0, len(sizes), POOL // RUN))
        self._starts = np.concatenate([[0], np.cumsum(in_pools)])  # where the pools begin in the order of the epoch
        self._pools: dict[int, Numbers] = {}  # cache: the two pools that were used last

    def stretches(self) -> Iterator[Stretch]:
        """Yield the part of the stream for each macro-batch; tokens are read only if `keep` may drop some of them."""
        number = first = skipped = begun = before = 0
        end = self._shape.macro - self._shift
        for pool, start in enumerate(self._starts[:-1].tolist()):
            ends = before + np.cumsum(self._lengths(self._pool(pool)))
            while end <= ends[-1]:
                last = int(np.searchsorted(ends, end, "left"))
                yield Stretch(number, first, skipped, last=start + last, real=end - begun)
                following = int(np.searchsorted(ends, end, "right"))
                first, skipped = start + following, end - int(ends[following - 1] if following else before)
                number, begun, end = number + 1, end, end + self._shape.macro
            before = int(ends[-1])
        if before > begun:
            yield Stretch(number, first, skipped, last=len(self._corpus) - 1, real=before - begun)

    def macro_batch(self, stretch: Stretch) -> MacroBatch:
        """Make the macro-batch of a part of the stream."""
        tokens, playlist = self._tokens(self._playlists(stretch.first, stretch.last + 1))
        chosen = slice(stretch.skipped, stretch.skipped + stretch.real)
        before = self._shift if stretch.number == 0 else 0
        return pad_tokens(tokens[chosen], playlist[chosen], before=before, shape=self._shape, reach=self._reach)

    def _pool(self, pool: int) -> Numbers:
        """Return the playlists of a pool in the order of the epoch; pools are described at the top of this module."""
        found = self._pools.get(pool)
        if found is None:
            runs = self._runs[pool * POOL // RUN : (pool + 1) * POOL // RUN]
            drawn = (runs[:, None] * RUN + np.arange(RUN)).ravel()
            # The pool number is raised by 1, because NumPy ignores zeros at the end of a seed.
            found = np.random.default_rng((*self._seed, pool + 1)).permutation(drawn[drawn < len(self._corpus)])
            self._pools = {**dict(list(self._pools.items())[-1:]), pool: found}
        return found

    def _playlists(self, first: int, end: int) -> Numbers:
        """Return the playlists at the positions `first` to `end` - 1 in the order of the epoch."""
        pools = range(*(np.searchsorted(self._starts, [first, end - 1], "right") - [1, 0]).tolist())
        parts = [(self._pool(pool), int(self._starts[pool])) for pool in pools]
        return np.concatenate([pool[max(0, first - start) : end - start] for pool, start in parts])

    def _lengths(self, playlists: Numbers) -> Numbers:
        """Return the number of tokens of each playlist that are used for training."""
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
        """Return which tokens are used for training, bool (tokens,); `places` are their positions in the corpus."""
        assert self._keep is not None
        return np.asarray((random_at(places, self._for_keeping) >> np.uint64(11)) * 2.0**-53 < self._keep[tokens])

    def _tokens(self, playlists: Numbers) -> tuple[npt.NDArray[np.int32], Numbers]:
        """Return the tokens to train on from some playlists, in stream order, and their playlist numbers, from 1."""
        places, ends = self._corpus.places(playlists)
        tokens, playlist = self._corpus.track_ids[places], np.repeat(np.arange(1, len(ends)), np.diff(ends))
        if self._keep is not None:
            kept = self._is_kept(places, tokens)
            places, tokens, playlist = places[kept], tokens[kept], playlist[kept]
        if self._is_bag:
            tokens = tokens[shuffle_within(playlist, random_at(places, self._for_order))]
        return tokens, playlist


def random_at(places: Numbers, key: np.uint64) -> Random:
    """Return random numbers that depend only on positions and key, by SplitMix64 (Steele, Lea and Flood 2014)."""
    x = places.astype(np.uint64)
    x *= np.uint64(0x9E3779B97F4A7C15)
    x += key
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x


def shuffle_within(playlist: Numbers, drawn: Random) -> Numbers:
    """Return the order that shuffles tokens within their playlists, int64 (tokens,).

    Args:
        playlist: playlist number of each token, ascending.
        drawn: random number of each token; only its highest `DRAWN_BITS` bits are used.
    """
    drawn = drawn >> np.uint64(64 - DRAWN_BITS)
    place_bits, playlist_bits = len(playlist).bit_length(), int(playlist[-1] if len(playlist) else 0).bit_length()
    if playlist_bits + DRAWN_BITS + place_bits > 63:
        return np.asarray(np.lexsort((drawn, playlist)))
    # Sorting integers takes half as long as `lexsort`. Each integer combines playlist, random number and position.
    key = (playlist << DRAWN_BITS | drawn.astype(np.int64)) << place_bits | np.arange(len(playlist))
    key.sort()
    return np.asarray(key & ((1 << place_bits) - 1))
