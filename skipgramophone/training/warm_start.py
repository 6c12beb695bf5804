"""A warm start: the rows that an earlier model has learnt of the tracks that a corpus holds now."""

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

if TYPE_CHECKING:
    from skipgramophone.training.tables import Earlier


def earlier_rows(earlier: Experiment, experiment: Experiment, dim: int) -> Earlier:
    """The rows of the model of an experiment, as rows of the catalogue of another (or of the same).

    A track is the same if its uri is, or, without one, its artist and title.

    Raises:
        ExperimentError: the earlier experiment has no model, or a stale one (but for its own, of a corpus that has
            grown since), one with vectors that are not finite, or one that cannot be trained on from.
        SettingError: its vectors have another dimension.
    """
    from skipgramophone.training.tables import Earlier

    directory, itself = earlier.directory("model"), earlier.path == experiment.path
    embeddings = read_embeddings(directory, _tracks_of_model(earlier, may_have_grown=itself))
    if embeddings.dim != dim:
        raise SettingError(
            f"the vectors of '{earlier.name}' have {embeddings.dim} numbers, not {dim}: give -emb {embeddings.dim}"
        )
    if not (directory / CENTRE_MEAN).exists():
        raise ExperimentError(
            f"the model of '{earlier.name}' was made by an earlier version, or imported: it cannot be trained on from"
        )
    mean = read_array(directory / CENTRE_MEAN, np.float32, 1)
    accumulators = read_array(directory / ACCUMULATORS, np.float32, 2)
    if not embeddings.are_finite():
        raise not_finite()
    learnt = embeddings.learnt()
    if itself:  # rows stay, however a corpus grows
        rows = taken = np.flatnonzero(learnt)
    else:
        rows, taken = _rows_in_common(experiment, earlier, learnt)
    if not len(rows):
        raise ExperimentError(f"no track of '{experiment.name}' has a vector in '{earlier.name}'")
    return Earlier(
        rows=rows,
        centre=embeddings.centre[taken] + mean,
        context=embeddings.context[taken],
        centre_accumulator=accumulators[0, taken],
        context_accumulator=accumulators[1, taken],
    )


def _tracks_of_model(experiment: Experiment, may_have_grown: bool) -> int:
    """Tracks of the corpus that a model was made from: the present one, or one that it may have grown from."""
    corpus, model = experiment.manifest("corpus"), experiment.manifest("model")
    if may_have_grown and model.parent in corpus.former:
        return int(corpus.former[model.parent]["tracks"])
    experiment.current("model")
    with closing(Catalogue(experiment.directory("corpus"))) as catalogue:
        return len(catalogue)


def _rows_in_common(
    experiment: Experiment, earlier: Experiment, learnt: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Rows of the tracks that two experiments have and the earlier has learnt, in each of them; int64 (2, tracks)."""
    with closing(Catalogue(earlier.directory("corpus"))) as catalogue:
        place = {_key(track): track.row for track in catalogue.all_tracks() if learnt[track.row]}
    with closing(Catalogue(experiment.directory("corpus"))) as catalogue:
        pairs = [(track.row, place[key]) for track in catalogue.all_tracks() if (key := _key(track)) in place]
    return np.array(pairs, np.int64).reshape(-1, 2).T


def _key(track: Track) -> tuple[str, ...]:
    """What makes a track the same in two catalogues."""
    return (track.uri,) if track.uri else (identity(track.artist), identity(track.title))
