"""Warm start: reads the rows of an earlier model for the tracks of the current corpus."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import ExperimentError, SettingError
from skipgramophone.experiment.arrays import read_array
from skipgramophone.experiment.catalogue import Catalogue, Track
from skipgramophone.experiment.embeddings import ACCUMULATORS, CENTRE_MEAN, not_finite, read_embeddings
from skipgramophone.experiment.experiment import Experiment
from skipgramophone.names.normalization import identity
from skipgramophone.wording import Names

if TYPE_CHECKING:
    from skipgramophone.training.tables import Earlier


def earlier_rows(earlier: Experiment, experiment: Experiment, dim: int) -> Earlier:
    """Return the rows that the model of `earlier` has for the tracks of `experiment`.

    The two may be the same experiment. Two tracks are the same if their URIs are equal. Without URIs, they are the same
    if artist and title are equal apart from case and surrounding spaces.

    Raises:
        ExperimentError: the earlier experiment has no model; no track of `experiment` has a vector in the model; or the
            model cannot be used, because it is stale, has vectors that are not finite, or lacks files that training
            needs. If both experiments are the same, the model may be older than the corpus, provided that since then
            playlists were only added to the corpus.
        SettingError: the vectors have another dimension.
    """
    from skipgramophone.training.tables import Earlier

    directory, itself = earlier.directory("model"), earlier.path == experiment.path
    embeddings = read_embeddings(directory, _tracks_of_model(earlier, may_have_grown=itself))
    if embeddings.dim != dim:
        needed = embeddings.dim
        raise SettingError.naming(
            lambda named: (
                f"the vectors of '{earlier.name}' have dimension {needed}, not {dim}: "
                f"add {named.either(f'embedding_dim={needed}', f'-emb {needed}')}"
            )
        )
    if not (directory / CENTRE_MEAN).exists():
        raise ExperimentError.naming(
            lambda named: (
                f"training cannot continue from the model of '{earlier.name}', because it was imported or made by an "
                f"older version of sgp: train without {_source(named)}"
            )
        )
    mean = read_array(directory / CENTRE_MEAN, np.float32, 1)
    accumulators = read_array(directory / ACCUMULATORS, np.float32, 2)
    if not embeddings.are_finite():
        raise not_finite()
    learnt = embeddings.learnt()
    if itself:  # rows keep their numbers when a corpus grows
        rows = taken = np.flatnonzero(learnt)
    else:
        rows, taken = _rows_in_common(experiment, earlier, learnt)
    if not len(rows):
        raise ExperimentError.naming(
            lambda named: (
                f"no track of '{experiment.name}' has a vector in '{earlier.name}': "
                f"choose another experiment for {_source(named)}"
            )
        )
    return Earlier(
        rows=rows,
        centre=embeddings.centre[taken] + mean,
        context=embeddings.context[taken],
        centre_accumulator=accumulators[0, taken],
        context_accumulator=accumulators[1, taken],
    )


def _tracks_of_model(experiment: Experiment, may_have_grown: bool) -> int:
    """Return the number of tracks in the corpus on which a model was trained."""
    corpus, model = experiment.manifest("corpus"), experiment.manifest("model")
    if may_have_grown and model.parent in corpus.former:
        return int(corpus.former[model.parent]["tracks"])
    experiment.current("model")
    with closing(Catalogue(experiment.directory("corpus"))) as catalogue:
        return len(catalogue)


def _rows_in_common(
    experiment: Experiment, earlier: Experiment, learnt: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Find the tracks of `experiment` that have a vector in `earlier`.

    Returns:
        Their rows in both experiments, int64 (2, tracks).
    """
    with closing(Catalogue(earlier.directory("corpus"))) as catalogue:
        place = {_key(track): track.row for track in catalogue.all_tracks() if learnt[track.row]}
    with closing(Catalogue(experiment.directory("corpus"))) as catalogue:
        pairs = [(track.row, place[key]) for track in catalogue.all_tracks() if (key := _key(track)) in place]
    return np.array(pairs, np.int64).reshape(-1, 2).T


def _key(track: Track) -> tuple[str, ...]:
    """Return the key by which the same track is found in two catalogues: its uri or, without one, artist and title."""
    return (track.uri,) if track.uri else (identity(track.artist), identity(track.title))


def _source(named: Names) -> str:
    """Return the name of the argument that chooses the earlier model."""
    return named.either("start_from", "--from")
