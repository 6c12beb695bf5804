"""Select the tracks to export, and convert their vectors to the requested number type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from skipgramophone import exporters
from skipgramophone.errors import ExperimentError, SettingError, SgpError
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.catalogue import Track
from skipgramophone.experiment.embeddings import Embeddings, Matrix, not_finite
from skipgramophone.exporters.vectors import TrackVectors
from skipgramophone.lookup.exact_search import nearest_in_blocks, nearest_to_each
from skipgramophone.lookup.index_recall import recall_of_copy
from skipgramophone.lookup.lookup import Lookup
from skipgramophone.maps import projection
from skipgramophone.names.identifiers import read_identifier
from skipgramophone.names.normalization import fold_name, identity
from skipgramophone.settings import Embedded, ExportSettings, IndexSettings, MapSettings, Projection
from skipgramophone.wording import plural


@dataclass(frozen=True, slots=True)
class Selection:
    """The tracks to export, most frequent first, and for each reason, the number of tracks that are left out."""

    tracks: list[Track]
    left_out: int  # number of tracks without a vector
    not_asked: int  # number of tracks that have a vector, but are filtered out by the settings
    no_room: int  # number of tracks that are left out because the format limits the number of tracks
    unknown: list[str]  # requested names that match no track with a vector


def select(lookup: Lookup, settings: ExportSettings, format: str) -> Selection:
    """Select the tracks that pass the filters of the settings, up to the limit of the format.

    Raises:
        SettingError: no track is left.
        ExperimentError: no track has a vector.
    """
    learnt, total = _entries(lookup, settings.of)
    one = settings.of.removesuffix("s")
    if not learnt:
        raise ExperimentError(
            f"no {one} of experiment '{lookup.experiment.name}' has a vector: "
            "train on playlists with at least two different tracks"
        )
    frequent = [track for track in learnt if track.count >= settings.min_count]
    if not frequent:
        raise SettingError.naming(
            lambda named: (
                f"none of the {plural(len(learnt), one)} occurs {plural(settings.min_count, 'time')} or more: "
                f"use a smaller {named('min_count')}"
            )
        )
    selected = frequent
    unknown: list[str] = []
    if settings.artist is not None:
        rows, unknown = _rows_named(frequent, settings.artist, fold_name, lambda track: [track.artist])
        selected = [track for track in selected if track.row in rows]
    if settings.only is not None:
        rows, missed = _rows_named(frequent, settings.only, _key, _keys_of)
        selected, unknown = [track for track in selected if track.row in rows], [*unknown, *missed]
    if not selected:
        raise _nothing_left(plural(len(learnt), one), one, unknown)
    selected = selected[: settings.top]
    written = [selected[at] for at in exporters.rows_to_write(format, len(selected))]
    return Selection(
        tracks=written,
        left_out=total - len(learnt),
        not_asked=len(learnt) - len(selected),
        no_room=len(selected) - len(written),
        unknown=unknown,
    )


def _entries(lookup: Lookup, of: Embedded) -> tuple[list[Track], int]:
    """Return the tracks or artists that have a vector, most frequent first, and the number of all tracks or artists.

    This number includes the tracks or artists without a vector.
    """
    if of == "artists":
        return lookup.artist_search.entries()[0], len(lookup.artist_search.artists)
    return lookup.catalogue.tracks(lookup.learnt_by_count().tolist()), len(lookup)


def _embeddings(lookup: Lookup, of: Embedded) -> Embeddings:
    """Return the vectors of all tracks, or the centre vectors of the artists that `_entries` returns."""
    if of == "tracks":
        return lookup.embeddings
    _, unit = lookup.artist_search.entries()
    return Embeddings(unit, np.zeros_like(unit), np.zeros(len(unit), np.float32))


def _key(name: str) -> str:
    """Return the normalized form of a track name, uri or identifier, to compare it with others."""
    return identity(read_identifier(name) or name)


def _keys_of(track: Track) -> list[str]:
    """Return the name, uri and identifiers of a track. The file given by --only may contain any of them."""
    return [track.name, track.uri or "", *track.identifiers]


def _rows_named(
    tracks: list[Track], names: Sequence[str], fold: Callable[[str], str], names_of: Callable[[Track], Iterable[str]]
) -> tuple[set[int], list[str]]:
    """Return the rows of all tracks that have one of the given names, and the given names that no track has."""
    wanted = {fold(name): name for name in names}
    rows, found = set(), set()
    for track in tracks:
        own = {fold(name) for name in names_of(track)} & wanted.keys()
        if own:
            rows.add(track.row)
            found |= own
    return rows, [name for key, name in wanted.items() if key not in found]


def vectors_of(lookup: Lookup, tracks: list[Track], settings: ExportSettings) -> TrackVectors:
    """Return the tracks with their trained vectors, and with neighbours and a projection if the settings request these.

    Raises:
        SettingError: neighbours are requested for a single track.
        ExperimentError: a vector is not finite.
    """
    # Values that are not finite are refused, because NaN does not equal itself, so the comparison after writing would
    # fail.
    if not lookup.embeddings.are_finite():
        raise not_finite()
    rows, embeddings = np.array([track.row for track in tracks], np.int64), _embeddings(lookup, settings.of)
    matrix = "centre" if settings.of == "artists" else settings.matrix
    vectors = TrackVectors(
        tracks=tracks,
        centre=_select_rows(embeddings.centre, rows),
        context=_select_rows(embeddings.context, rows),
        context_bias=_select_rows(embeddings.context_bias, rows),
        selected=("centre", "context") if matrix in (None, "both") else (matrix,),
        index=_index_settings(lookup),
        of=settings.of,
    )
    if settings.projection:
        vectors = replace(vectors, plane=_project(vectors.centre, settings.projection, settings.of))
    if settings.neighbours:
        if len(tracks) == 1:
            raise SettingError(
                f"a single {settings.of.removesuffix('s')} has no neighbours: export more, or export without neighbours"
            )
        number = min(settings.neighbours, len(tracks) - 1)
        vectors = replace(vectors, neighbours=partial(nearest_in_blocks, vectors.centre, number))
    return vectors


def _select_rows(matrix: Matrix, rows: Rows) -> Matrix:
    """Return the given rows of a matrix. If they are all its rows, in their order, the matrix itself is returned."""
    return matrix if np.array_equal(rows, np.arange(len(matrix))) else matrix[rows]


def _project(centre: Matrix, method: Projection, of: Embedded) -> npt.NDArray[np.float32]:
    """Project vectors to two dimensions in the same way as `sgp map`; return float32 (tracks, 2)."""
    chosen = projection.choose_projection(method, len(centre), of)
    near = np.zeros((len(centre), 0), np.int64)
    if chosen == "tsne":
        near, _ = nearest_to_each(centre, projection.NEIGHBOURS)
    return projection.project(chosen, centre, near, seed=MapSettings().random_seed)


def convert(vectors: TrackVectors, settings: ExportSettings) -> tuple[TrackVectors, float | None]:
    """Convert vectors to the requested number type and, if requested, make names safe for spreadsheets.

    Returns:
        The converted vectors, and their recall@10 relative to the float32 vectors (None if the requested type is
        float32).

    Raises:
        SettingError: a number is too large for the requested type.
    """
    if settings.normalise:
        vectors = vectors.normalized()
    recall = None
    if settings.dtype != "float32":
        full, vectors = vectors, vectors.to_float16() if settings.dtype == "float16" else vectors.to_int8()
        recall = recall_of_copy(vectors.centre_float32(), full.centre, vectors.index.random_seed)
    if settings.safe_cells:
        vectors = vectors.with_safe_cells()
    return vectors, recall


def origin(lookup: Lookup) -> dict[str, Any]:
    """Return the entries of the export's manifest about the origin of the vectors."""
    model = lookup.opened.model
    return {"experiment": lookup.experiment.name, "model": model.digest, "made": model.created}


def _index_settings(lookup: Lookup) -> IndexSettings:
    """Return the settings of the experiment's index, or the default settings if it has no index."""
    try:
        return IndexSettings(**lookup.experiment.manifest("index").settings)
    except (SgpError, TypeError):  # no index, or its settings are those of another version of sgp
        return IndexSettings()


def _nothing_left(of: str, one: str, unknown: Sequence[str]) -> SettingError:
    """Return the error for filters that no entry passes.

    Args:
        of: number and kind of the entries, such as "600 tracks".
        one: "track" or "artist".
        unknown: names in the filters without a match.
    """
    if unknown:
        return SettingError(f"nothing to export from {of}: no match for {unknown[0]!r}")
    return SettingError.naming(
        lambda named: (
            f"nothing to export from {of}: no {one} passes all of {named('min_count')}, {named('artist')} and "
            f"{named('only')}"
        )
    )
