"""Finds the tracks that are most similar to a track."""

from __future__ import annotations

from pathlib import Path

from skipgramophone.lookup.lookup import open_lookup
from skipgramophone.lookup.results import Answer
from skipgramophone.settings import SimilarSettings


def similar(
    name: str, query: str, settings: SimilarSettings | None = None, *, experiments_dir: Path | str | None = None
) -> Answer:
    """Find the tracks that are most similar to the track that a query names.

    Raises:
        UnknownTrackError: no track matches the query.
        AmbiguousTrackError: several tracks match.
        ExperimentError: a stage is missing, stale or damaged.
    """
    with open_lookup(name, experiments_dir) as lookup:
        return lookup.similar(query, settings)
