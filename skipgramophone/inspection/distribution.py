"""How something is distributed over a corpus, in a few numbers and a histogram whose steps double."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skipgramophone.inspection.contents import Ids


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a histogram.

    Attributes:
        least: smallest value that falls into it.
        most: largest value that falls into it.
        number: how many playlists (of lengths) or tracks (of counts).
        share: of all occurrences that these hold.
    """

    least: int
    most: int
    number: int
    share: float


@dataclass(frozen=True, slots=True)
class Distribution:
    """How playlists differ in length, or tracks in count.

    Attributes:
        mean: of all values.
        median: half of the values are as large or larger, half as small or smaller.
        least: the smallest value.
        most: the largest value.
        steps: 1, 2-3, 4-7, 8-15 and so on, up to the largest value; none is left out.
    """

    mean: float
    median: float
    least: int
    most: int
    steps: tuple[Step, ...]


def distribution(values: Ids) -> Distribution:
    """Describe values of 1 or more; there is one at the least."""
    power = np.floor(np.log2(values)).astype(np.int64)
    number = np.bincount(power)
    held = np.bincount(power, values) / values.sum()
    return Distribution(
        mean=round(float(values.mean()), 2),
        median=float(np.median(values)),
        least=int(values.min()),
        most=int(values.max()),
        steps=tuple(
            Step(1 << at, (2 << at) - 1, int(number[at]), round(float(held[at]), 6)) for at in range(len(number))
        ),
    )
