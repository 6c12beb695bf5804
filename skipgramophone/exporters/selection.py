"""What leaves an experiment: which of its tracks, with which numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone import exporters
from skipgramophone.errors import SettingError, SgpError
from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import Matrix, not_finite
from skipgramophone.exporters.vectors import TrackVectors
from skipgramophone.lookup.exact_search import Rows, nearest_in_blocks, nearest_to_each
from skipgramophone.lookup.index_recall import recall_of_copy
from skipgramophone.lookup.lookup import Lookup
from skipgramophone.maps import projection
from skipgramophone.names.normalization import fold_name, identity
from skipgramophone.settings import ExportSettings, IndexSettings, MapSettings, Projection


@dataclass(frozen=True, slots=True)
class Selection:
    """Tracks that are exported, the most frequent first, and how many are not."""

    tracks: list[Track]
    left_out: int  # without a vector
    not_asked: int  # with a vector, and left out by the settings
    no_room: int  # asked for, and more than the format shows
    unknown: list[str]  # names that were asked for and that no track with a vector has


def select(lookup: Lookup, settings: ExportSettings, format: str) -> Selection:
    """The tracks that settings ask for and a format has room for.

    Raises:
        SettingError: there are none.
    """
    learnt = lookup.learnt_by_count()
    tracks = lookup.catalogue.tracks(learnt.tolist())
    asked = [track for track in tracks if track.count >= settings.min_count]
    if not asked:
        raise SettingError(f"none of the {len(learnt):,} tracks occurs {settings.min_count:,} times or more")
    unknown: list[str] = []
    frequent = asked
    if settings.artist is not None:
        rows, unknown = _called(frequent, settings.artist, fold_name, lambda track: [track.artist])
        asked = [track for track in asked if track.row in rows]
    if settings.only is not None:
        rows, missed = _called(frequent, settings.only, identity, lambda track: [track.name, track.uri or ""])
        asked, unknown = [track for track in asked if track.row in rows], [*unknown, *missed]
    if not asked:
        why = f"there is no {unknown[0]!r}" if unknown else "min-count, artist and only together leave none"
        raise SettingError(f"none of the {len(learnt):,} tracks is asked for: {why}")
    asked = asked[: settings.top]
    shown = [asked[at] for at in exporters.shown(format, len(asked))]
    return Selection(shown, len(lookup) - len(learnt), len(learnt) - len(asked), len(asked) - len(shown), unknown)


def _called(
    tracks: list[Track], names: Sequence[str], fold: Callable[[str], str], called: Callable[[Track], Iterable[str]]
) -> tuple[set[int], list[str]]:
    """Rows of the tracks that are called one of some names, and the names that none is called by."""
    wanted = {fold(name): name for name in names}
    rows, met = set(), set()
    for track in tracks:
        own = {fold(name) for name in called(track)} & wanted.keys()
        if own:
            rows.add(track.row)
            met |= own
    return rows, [name for key, name in wanted.items() if key not in met]


def vectors_of(lookup: Lookup, tracks: list[Track], settings: ExportSettings) -> TrackVectors:
    """Tracks with their vectors as they are, and with their neighbours if these are asked for.

    Raises:
        SettingError: neighbours are asked for, and there is one track alone.
        ExperimentError: a vector is not finite.
    """
    if not lookup.embeddings.are_finite():  # no file would read back as it was written
        raise not_finite()
    rows = np.array([track.row for track in tracks], np.int64)
    vectors = TrackVectors(
        tracks=tracks,
        centre=_taken(lookup.embeddings.centre, rows),
        context=_taken(lookup.embeddings.context, rows),
        context_bias=_taken(lookup.embeddings.context_bias, rows),
        asked=("centre", "context") if settings.matrix in (None, "both") else (settings.matrix,),
        index=_index_settings(lookup),
    )
    if settings.projection:
        vectors = replace(vectors, plane=_plane(vectors.centre, settings.projection))
    if settings.neighbours:
        if len(tracks) == 1:
            raise SettingError("one track alone has no neighbours: export it without")
        number = min(settings.neighbours, len(tracks) - 1)
        vectors = replace(vectors, neighbours=partial(nearest_in_blocks, vectors.centre, number))
    return vectors


def _taken(matrix: Matrix, rows: Rows) -> Matrix:
    """Some rows of a matrix; all of them in their order are left where they are, on disk and mapped."""
    return matrix if np.array_equal(rows, np.arange(len(matrix))) else matrix[rows]


def _plane(centre: Matrix, asked: Projection) -> npt.NDArray[np.float32]:
    """Where tracks lie in two dimensions, as in a map of them; float32 (tracks, 2)."""
    chosen = projection.chosen(asked, len(centre))
    near, similarities = np.zeros((len(centre), 0), np.int64), np.zeros((len(centre), 0), np.float32)
    if chosen == "umap":
        near, similarities = nearest_to_each(centre, projection.NEIGHBOURS)
    return projection.plane_of(chosen, centre, near, similarities, MapSettings().random_seed)


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
