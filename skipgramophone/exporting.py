"""What leaves an experiment: which of its tracks, with which numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from skipgramophone import exporters
from skipgramophone.catalogue import Track
from skipgramophone.errors import SettingError, SgpError
from skipgramophone.exporters.vectors import TrackVectors
from skipgramophone.lookup import Lookup
from skipgramophone.neighbours import nearest_to_each, recall_of_copy
from skipgramophone.settings import ExportSettings, IndexSettings


@dataclass(frozen=True, slots=True)
class Selection:
    """Tracks that are exported, in row order, and how many are not."""

    tracks: list[Track]
    left_out: int  # without a vector
    not_asked: int  # with a vector, and left out by the settings
    no_room: int  # asked for, and more than the format shows


def select(lookup: Lookup, settings: ExportSettings, format: str) -> Selection:
    """The tracks that settings ask for and a format has room for.

    Raises:
        SettingError: there are none.
    """
    learnt = np.flatnonzero(lookup.embeddings.learnt())
    tracks = lookup.catalogue.tracks(learnt.tolist())
    asked = [track for track in tracks if track.count >= settings.min_count][: settings.top]
    if not asked:
        raise SettingError(f"none of the {len(learnt):,} tracks occurs {settings.min_count:,} times or more")
    shown = [asked[at] for at in exporters.shown(format, len(asked))]
    return Selection(shown, len(lookup) - len(learnt), len(learnt) - len(asked), len(asked) - len(shown))


def vectors_of(lookup: Lookup, tracks: list[Track], settings: ExportSettings) -> TrackVectors:
    """Tracks with their vectors as they are, and with their neighbours if these are asked for.

    Raises:
        SettingError: neighbours are asked for, and there is one track alone.
    """
    rows = np.array([track.row for track in tracks], np.int64)
    vectors = TrackVectors(
        tracks=tracks,
        centre=lookup.embeddings.centre[rows],
        context=lookup.embeddings.context[rows],
        context_bias=lookup.embeddings.context_bias[rows],
        asked=("centre", "context") if settings.matrix in (None, "both") else (settings.matrix,),
        index=_index_settings(lookup),
    )
    if not settings.neighbours:
        return vectors
    if len(tracks) == 1:
        raise SettingError("one track alone has no neighbours: export it without")
    near, similarities = nearest_to_each(vectors.centre, min(settings.neighbours, len(tracks) - 1))
    return replace(vectors, neighbours=rows[near] + 1, similarities=similarities)  # positions count from 1


def as_asked(vectors: TrackVectors, settings: ExportSettings) -> tuple[TrackVectors, float | None]:
    """Vectors as settings want them written, and the share of the ten nearest that this keeps, if it can lose some.

    Raises:
        SettingError: a number is too large for the type that is asked for.
    """
    if settings.normalise:
        vectors = vectors.normalised()
    recall = None
    if settings.dtype != "float32":
        full, vectors = vectors, vectors.halved() if settings.dtype == "float16" else vectors.in_bytes()
        recall = recall_of_copy(vectors.centre_as_read(), full.centre, vectors.index.random_seed)
    if settings.safe_cells:
        vectors = vectors.in_safe_cells()
    return vectors, recall


def origin(lookup: Lookup) -> dict[str, Any]:
    """What a manifest says of where vectors come from."""
    model = lookup.experiment.manifest("model")
    return {"experiment": lookup.experiment.name, "model": model.digest, "made": model.created}


def _index_settings(lookup: Lookup) -> IndexSettings:
    """How the experiment's own index was built, as far as that is known."""
    try:
        return IndexSettings(**lookup.experiment.manifest("index").settings)
    except (SgpError, TypeError):  # there is none, or it is not of this version: an export does without
        return IndexSettings()
