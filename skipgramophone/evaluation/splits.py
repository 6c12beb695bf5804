"""Splits playlists into training playlists and held-out playlists.

Whole playlists are held out, never single rows. Playlists of the same group (for example, of the same owner) stay
together. Near-duplicates stay together too, so that no held-out playlist has a near-duplicate among the training
playlists. A split depends only on the playlists and the seed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import EvaluationError
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.wording import plural

PUBLISHED_SEED, PUBLISHED_DRAWN, PUBLISHED_ASKED = 4, 2000, 1000
Flags = npt.NDArray[np.bool_]
Groups = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class HeldOutNames:
    """The numbers of playlists that match the lines of a file with names.

    Attributes:
        lines: number of different lines.
        playlists: number of playlists that match a line.
        several: number of lines that match several playlists.
        most: the line that matches the most playlists.
        most_playlists: number of playlists that this line matches.
        added: number of other playlists that are held out with these, because they are near-duplicates or belong to the
            same group.
    """

    lines: int
    playlists: int
    several: int
    most: str
    most_playlists: int
    added: int = 0


@dataclass(frozen=True, slots=True)
class Split:
    """A division of the playlists of a corpus into training playlists and held-out playlists.

    Attributes:
        held_out: bool (playlists,), whether each playlist is held out.
        groups: int64 (playlists,), group of each playlist; playlists of one group must stay together.
        last_track_only: whether only the last track of every playlist is held out. If so, `held_out` marks the
            playlists to evaluate.
        names: how many playlists the names in a file match; None if no file with names was given.
    """

    held_out: Flags
    groups: Groups
    last_track_only: bool = False
    names: HeldOutNames | None = None

    @property
    def digest(self) -> str:
        """A hash that identifies the held-out playlists."""
        flags = np.packbits(self.held_out).tobytes()
        return hashlib.sha256(flags + b"last" * self.last_track_only).hexdigest()[:16]

    def training_part(self, corpus: Corpus) -> Corpus:
        """Return the playlists to train on: held-out playlists and held-out last tracks are left out."""
        if self.last_track_only:
            last = np.maximum(corpus.offsets[1:] - 1, corpus.offsets[:-1])[corpus.lengths() > 0]
            lengths = np.maximum(corpus.lengths() - 1, 0)
            offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
            return Corpus(np.delete(np.asarray(corpus.track_ids), last), offsets)
        return corpus.playlists(np.flatnonzero(~self.held_out))

    def training_groups(self) -> Groups:
        """Return the group of each playlist in `training_part`, int64 (playlists,)."""
        return self.groups if self.last_track_only else self.groups[~self.held_out]

    def held_out_part(self, corpus: Corpus) -> Corpus:
        """Return the playlists that are held out."""
        return corpus.playlists(np.flatnonzero(self.held_out))


def groups_by_owner(owners: Sequence[str], pattern: str | None) -> Groups:
    """Group playlists by the part of the owner's name that a pattern matches.

    Return group numbers, int64 (playlists,). Without a pattern, each playlist is its own group.

    >>> groups_by_owner(["a@1", "b@1", "a@2"], "[^@]*").tolist()
    [0, 1, 0]

    Raises:
        EvaluationError: the pattern is not a valid regular expression.
    """
    if pattern is None:
        return np.arange(len(owners), dtype=np.int64)
    number: dict[str, int] = {}
    keys = group_keys(owners, pattern)
    return np.array([number.setdefault(key, len(number)) for key in keys], np.int64)


def group_keys(owners: Sequence[str], pattern: str) -> list[str]:
    """For each owner, return the beginning of the name that a pattern matches.

    If the pattern does not match, return the whole name.

    Raises:
        EvaluationError: the pattern is not a valid regular expression.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        fault = str(error)
        raise EvaluationError.naming(
            lambda named: f"{named('group', pattern)} is not a valid regular expression: {fault}"
        ) from error
    return [found[0] if (found := expression.match(owner)) else owner for owner in owners]


def split_at_random(groups: Groups, share: float, seed: int) -> Split:
    """Hold out random groups until they contain a given share of the playlists.

    Raises:
        EvaluationError: no group would be left to train on.
    """
    names, sizes = np.unique(groups, return_counts=True)
    order = np.random.default_rng([seed, len(names)]).permutation(len(names))
    reached = np.cumsum(sizes[order])
    number = int(np.searchsorted(reached, share * len(groups))) + 1
    if len(groups) < 2:
        raise EvaluationError("cannot hold out a playlist, because there is no other one to train on: add playlists")
    if len(names) < 2:
        raise EvaluationError.naming(
            lambda named: (
                f"cannot hold out playlists: all {len(groups):,} belong to one group, because they are near-duplicates "
                f"or because {named('group')} puts their owners together. A group is held out as a whole: add other "
                f"playlists, or change {named('group')}"
            )
        )
    if number >= len(names):
        raise EvaluationError(
            f"cannot hold out a share of {share:g}: there are only {plural(len(groups), 'playlist')} in "
            f"{plural(len(names), 'group')}, and a group is held out as a whole: choose a smaller share, or add "
            "playlists"
        )
    return Split(np.isin(groups, names[order[:number]]), groups)


def split_last_tracks(playlists: int) -> Split:
    """Hold out the last track of every playlist, and choose a thousand playlists to evaluate.

    Source: the code published with arXiv 1804.04212. The seed of that code is used, so the same playlists are chosen.
    """
    drawn = np.random.RandomState(PUBLISHED_SEED).choice(playlists, min(PUBLISHED_DRAWN, playlists), replace=False)
    held_out = np.zeros(playlists, np.bool_)
    held_out[drawn[: max(1, min(PUBLISHED_ASKED, len(drawn)))]] = True
    return Split(held_out, np.arange(playlists), last_track_only=True)


def split_by_name(groups: Groups, names: HeldOutNames, named: Flags) -> Split:
    """Hold out the named playlists, and all other playlists of their groups.

    Args:
        groups: int64 (playlists,), the group of each playlist.
        names: how many playlists the given names match.
        named: bool (playlists,), whether a playlist has one of these names.

    Raises:
        EvaluationError: no playlist is named, or no playlist is left to train on.
    """
    held_out = np.isin(groups, groups[named])
    split = Split(held_out, groups, names=replace(names, added=int((held_out & ~named).sum())))
    if split.held_out.all() or not split.held_out.any():
        raise EvaluationError(
            "the names of playlists to hold out must match at least one playlist, and leave at least one for training"
        )
    return split
