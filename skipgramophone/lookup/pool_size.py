"""How many candidates a look-up selects its list from; filters and diversity may leave out some of them."""

from __future__ import annotations

from skipgramophone.settings import SimilarSettings

POOL, POOL_FACTOR = 100, 10  # number of candidates to select from: 10 per requested track, but at least 100
FIRST_FACTOR = 4  # names that exact search reads first, per requested track; usually no more are needed


def pool_size(settings: SimilarSettings) -> int:
    """Return the number of candidates for the first selection."""
    return settings.number if settings.takes_all else max(POOL, POOL_FACTOR * settings.number)


def first_pool_size(settings: SimilarSettings) -> int:
    """Return the number of candidates for the first selection by exact search.

    Unless diversity is on, this number has no effect on which tracks are in a full list.
    """
    size = pool_size(settings)
    return size if settings.diversity else min(size, max(POOL, FIRST_FACTOR * settings.number))
