"""The number of candidates from which a look-up selects its list.

It is larger than the number of requested tracks, because filters and diversity leave out some candidates.
"""

from __future__ import annotations

from skipgramophone.settings import SimilarSettings

POOL, POOL_FACTOR = 100, 10  # number of candidates to select from: 10 per requested track, but at least 100
FIRST_FACTOR = 4  # number of candidates per requested track that exact search reads first; usually, they are enough


def pool_size(settings: SimilarSettings) -> int:
    """Return the number of candidates for the first selection."""
    return settings.number if settings.takes_all else max(POOL, POOL_FACTOR * settings.number)


def first_pool_size(settings: SimilarSettings) -> int:
    """Return the number of candidates for the first selection by exact search.

    Without diversity, this number affects only the speed: if the candidates are enough to fill the list, a larger
    number would give the same list.
    """
    size = pool_size(settings)
    return size if settings.diversity else min(size, max(POOL, FIRST_FACTOR * settings.number))
