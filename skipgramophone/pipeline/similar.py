"""Finds the tracks that are most similar to a track."""

from __future__ import annotations

from pathlib import Path

from skipgramophone.lookup.lookup import open_lookup
from skipgramophone.lookup.results import Answer
from skipgramophone.lookup.weighted_names import Query
from skipgramophone.settings import SimilarSettings, check_arguments


@check_arguments(but=("query",))
def similar(
    name: str, query: Query, settings: SimilarSettings | None = None, *, experiments_dir: Path | str | None = None
) -> Answer:
    """Find the tracks that are most similar to a track, or to several tracks with or without weights.

    Raises:
        UnknownTrackError: no track matches a name.
        AmbiguousTrackError: several tracks match.
        SettingError: the query or the settings have the wrong form, or the weighted vectors cancel out.
        ExperimentError: a stage is missing, stale or damaged.
    """
    with open_lookup(name, experiments_dir) as lookup:
        return lookup.similar(query, settings)
