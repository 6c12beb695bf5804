"""The number of candidates from which a look-up selects its list. Filters and diversity may leave out some of them."""

from __future__ import annotations

from skipgramophone.settings import SimilarSettings

POOL, POOL_FACTOR = 100, 10  # number of candidates to select from: 10 per requested track, but at least 100
FIRST_FACTOR = 4  # Exact search first reads this many candidates per requested track, which are usually enough.


def pool_size(settings: SimilarSettings) -> int:
    """Return the number of candidates for the first selection."""
    return settings.number if settings.takes_all else max(POOL, POOL_FACTOR * settings.number)


def first_pool_size(settings: SimilarSettings) -> int:
    """Return the number of candidates for the first selection by exact search.

    Without diversity, this number does not change which tracks are listed, provided that the list is filled.
    """
    size = pool_size(settings)
    return size if settings.diversity else min(size, max(POOL, FIRST_FACTOR * settings.number))
