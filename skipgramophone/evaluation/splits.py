"""Splits: which playlists are trained on and which are held out.

Playlists are split, never rows. Playlists of one group (an owner, an origin) stay together, and so do playlists that
are nearly the same, so that nothing held out has a twin among what was trained on. A split is a function of the
playlists and the seed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import EvaluationError
from skipgramophone.experiment.corpus import Corpus

PUBLISHED_SEED, PUBLISHED_DRAWN, PUBLISHED_ASKED = 4, 2000, 1000
Flags = npt.NDArray[np.bool_]
Groups = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Split:
    """Playlists in two parts.

    Attributes:
        held_out: bool (playlists,).
        groups: int64 (playlists,), equal for playlists that must stay together.
        last_alone: of every playlist the last track alone is held out, and `held_out` says which are asked.
    """

    held_out: Flags
    groups: Groups
    last_alone: bool = False

    @property
    def digest(self) -> str:
        """A hash of which playlists are held out."""
        flags = np.packbits(self.held_out).tobytes()
        return hashlib.sha256(flags + b"last" * self.last_alone).hexdigest()[:16]

    def training_part(self, corpus: Corpus) -> Corpus:
        """What is not held out."""
        if self.last_alone:
            last = np.maximum(corpus.offsets[1:] - 1, corpus.offsets[:-1])[corpus.lengths() > 0]
            lengths = np.maximum(corpus.lengths() - 1, 0)
            offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
            return Corpus(np.delete(np.asarray(corpus.track_ids), last), offsets)
        return corpus.playlists(np.flatnonzero(~self.held_out))

    def held_out_part(self, corpus: Corpus) -> Corpus:
        """The playlists that are held out."""
        return corpus.playlists(np.flatnonzero(self.held_out))


def groups_of(owners: Sequence[str], pattern: str | None) -> Groups:
    """Number playlists by what a pattern finds in their owner; each is its own group without a pattern.

    >>> groups_of(["a@1", "b@1", "a@2"], "[^@]*").tolist()
    [0, 1, 0]

    Raises:
        EvaluationError: the pattern is no regular expression.
    """
    if pattern is None:
        return np.arange(len(owners), dtype=np.int64)
    number: dict[str, int] = {}
    keys = group_keys(owners, pattern)
    return np.array([number.setdefault(key, len(number)) for key in keys], np.int64)


def group_keys(owners: Sequence[str], pattern: str) -> list[str]:
    """What a pattern finds at the start of each owner, or the owner where it finds nothing.

    Raises:
        EvaluationError: the pattern is no regular expression.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise EvaluationError(f"--group {pattern!r} is no regular expression: {error}") from error
    return [found[0] if (found := expression.match(owner)) else owner for owner in owners]


def split_at_random(groups: Groups, share: float, seed: int) -> Split:
    """Hold out whole groups, drawn by the seed, until they make up a share of the playlists.

    Raises:
        EvaluationError: there are too few groups to hold one out and keep one.
    """
    names, sizes = np.unique(groups, return_counts=True)
    order = np.random.default_rng([seed, len(names)]).permutation(len(names))
    reached = np.cumsum(sizes[order])
    number = int(np.searchsorted(reached, share * len(groups))) + 1
    if len(names) < 2 or number >= len(names):
        raise EvaluationError(
            f"there are too few playlists to hold some out: {len(groups):,}, in {len(names):,} groups that stay whole"
        )
    return Split(np.isin(groups, names[order[:number]]), groups)


def split_of_last_tracks(playlists: int) -> Split:
    """Hold out the last track of every playlist, and ask a thousand of them: those that the code published with
    arXiv 1804.04212 asks, by its seed.
    """
    drawn = np.random.RandomState(PUBLISHED_SEED).choice(playlists, min(PUBLISHED_DRAWN, playlists), replace=False)
    held_out = np.zeros(playlists, np.bool_)
    held_out[drawn[: max(1, min(PUBLISHED_ASKED, len(drawn)))]] = True
    return Split(held_out, np.arange(playlists), last_alone=True)


def split_by_name(keys: Sequence[str], groups: Groups, held_out: frozenset[str]) -> Split:
    """Hold out the playlists whose key is named, and whatever must stay with them.

    Raises:
        EvaluationError: a name is no playlist's, or nothing is left to train on.
    """
    missing = held_out - set(keys)
    if missing:
        raise EvaluationError(f"{len(missing):,} names to hold out are no playlist's, as {sorted(missing)[0]!r}")
    named = np.array([key in held_out for key in keys], np.bool_)
    split = Split(np.isin(groups, groups[named]), groups)
    if split.held_out.all() or not split.held_out.any():
        raise EvaluationError("the held-out playlists must be some of all playlists, and not all of them")
    return split
