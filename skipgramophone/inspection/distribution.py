"""Distributions of lengths and counts: summary statistics, and a histogram with ranges that double in width."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skipgramophone.inspection.contents import Ids


@dataclass(frozen=True, slots=True)
class Step:
    """One range of a histogram.

    Attributes:
        least: smallest value of the range.
        most: largest value of the range.
        number: number of playlists whose length is in the range, or number of tracks whose count is in the range.
        share: share of all occurrences that are in these playlists, or are occurrences of these tracks.
    """

    least: int
    most: int
    number: int
    share: float


@dataclass(frozen=True, slots=True)
class Distribution:
    """Distribution of playlist lengths or track counts.

    Attributes:
        mean: mean of the values.
        median: median of the values.
        least: smallest value.
        most: largest value.
        steps: histogram with the ranges 1, 2-3, 4-7, 8-15 and so on up to the largest value, empty ranges included.
    """

    mean: float
    median: float
    least: int
    most: int
    steps: tuple[Step, ...]


def distribution(values: Ids) -> Distribution:
    """Compute the distribution of `values`, a non-empty array of integers of at least 1, such as playlist lengths."""
    power = np.floor(np.log2(values)).astype(np.int64)
    number = np.bincount(power)
    share = np.bincount(power, values) / values.sum()
    return Distribution(
        mean=round(float(values.mean()), 2),
        median=float(np.median(values)),
        least=int(values.min()),
        most=int(values.max()),
        steps=tuple(
            Step(1 << at, (2 << at) - 1, int(number[at]), round(float(share[at]), 6)) for at in range(len(number))
        ),
    )
