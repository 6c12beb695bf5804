"""Splits playlists for extraction and evaluation, and trains models on the training playlists of a split.

Extraction and evaluation split playlists in the same way. Playlists of the same group stay together. Near-duplicates
also stay together, and so do the parts into which extraction has split a long playlist.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import EvaluationError
from skipgramophone.evaluation.held_out_names import match_playlists, read_held_out_names
from skipgramophone.evaluation.splits import (
    Groups,
    Split,
    groups_by_owner,
    split_at_random,
    split_by_name,
    split_last_tracks,
)
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.corpus import HELD_OUT_PREFIX, Corpus, read_held_out_corpus
from skipgramophone.experiment.embeddings import Embeddings, read_embeddings
from skipgramophone.experiment.experiment import Experiment
from skipgramophone.experiment.playlist_table import read_playlist_table
from skipgramophone.experiment.publishing import draft_directory, publish, remove_leftovers
from skipgramophone.experiment.split_models import split_model_directory
from skipgramophone.experiment.training_method import Method
from skipgramophone.names.normalization import identity
from skipgramophone.playlists.encoding.near_duplicates import join_near_duplicates
from skipgramophone.settings import (
    EVALUATED_SHARE,
    EvaluateSettings,
    ExtractSettings,
    RunSettings,
    TrainSettings,
)
from skipgramophone.training.program_cache import kept_programs
from skipgramophone.training.run import fit

if TYPE_CHECKING:
    import pyarrow as pa

    from skipgramophone.training.trainer import Progress


def make_split(experiment: Experiment, corpus: Corpus, settings: EvaluateSettings, held_out: Path | None) -> Split:
    """Make the split of an evaluation: it holds out random or named playlists, or the last track of every playlist."""
    if settings.protocol == "deezer2018":
        return split_last_tracks(len(corpus))
    share = EVALUATED_SHARE if settings.share is None else settings.share
    playlists = read_playlist_table(experiment.directory("corpus"), len(corpus))
    return split_playlists(
        corpus, playlists, share=share, group=settings.group, seed=settings.random_seed, named=held_out
    )


def split_playlists(
    corpus: Corpus, playlists: pa.Table, *, share: float, group: str | None, seed: int, named: Path | None
) -> Split:
    """Hold out playlists, at random or by name.

    Args:
        corpus: the playlists.
        playlists: table of the owners, names and keys of the playlists.
        share: share of the playlists to hold out; not used with `named`.
        group: regular expression; playlists stay together if it matches the same text in the names of their owners.
        seed: random seed for the choice of playlists, and for the hashes that find near-duplicates.
        named: file that names the playlists to hold out, one per line (see `match_playlists`).

    Raises:
        EvaluationError: there are too few playlists, or a name matches no playlist.
        StorageError: the file cannot be read.
    """
    groups = playlist_groups(corpus, playlists, group, seed)
    if named is None:
        return split_at_random(groups, share, seed)
    lines, owners = read_held_out_names(named), [owner or "" for owner in playlists["owner"].to_pylist()]
    flags, names = match_playlists(lines, owners, playlists["name"].to_pylist(), group)
    return split_by_name(groups, names, flags)


def read_extract_split(
    experiment: Experiment, corpus: Corpus, settings: EvaluateSettings
) -> tuple[Corpus, Split] | None:
    """Return all playlists with the split that extract made.

    Return None if extract held out no playlists, or if the settings of sgp evaluate ask for another split (`--share`,
    or the protocol deezer2018).

    Raises:
        EvaluationError: `--group` was given, but extract has already held out playlists, and the settings do not ask
            for another split.
    """
    aside = read_held_out_corpus(experiment.directory("corpus"))
    if aside is None or settings.share is not None or settings.protocol == "deezer2018":
        return None
    if settings.group is not None:
        raise EvaluationError.naming(
            lambda named: (
                f"sgp extract has already held out playlists, so {named('group')} has no effect: leave out "
                f"{named('group')}, or make a new split with {named('share')} or {named('held_out')}"
            )
        )
    made_with = ExtractSettings(**experiment.manifest("corpus").settings)
    playlists = read_playlist_table(experiment.directory("corpus"), len(aside), HELD_OUT_PREFIX)
    own = playlist_groups(aside, playlists, made_with.group, made_with.random_seed)
    groups = np.concatenate([np.arange(len(corpus)), len(corpus) + own])
    return corpus.joined_with(aside), Split(np.arange(len(groups)) >= len(corpus), groups)


def playlist_groups(corpus: Corpus, playlists: pa.Table, pattern: str | None, seed: int) -> Groups:
    """Return the group of each playlist, int64 (playlists,). A split must not separate playlists of one group."""
    owners = playlists["owner"].to_pylist()
    # Corpora that the first version of `sgp` made do not store keys of playlists.
    if pattern is None and "key" in playlists.column_names:
        number: dict[tuple[str, ...], int] = {}
        known = zip(owners, playlists["name"].to_pylist(), playlists["key"].to_pylist(), strict=True)
        groups = np.array([number.setdefault(each, len(number)) for each in known], np.int64)
    else:
        groups = groups_by_owner(owners, pattern)
    return join_near_duplicates(corpus, groups, seed)


def held_out_model(
    experiment: Experiment,
    training: Corpus,
    tracks: int,
    *,
    settings: TrainSettings,
    method: Method,
    split: str,
    run: RunSettings,
    progress: Callable[[Progress], None] | None,
) -> Embeddings:
    """Train a model on the training playlists of a split, or reuse the model of an earlier evaluation.

    `split` is the digest (checksum) of the split, or `NO_SPLIT` if no playlists are held out. `method` contains the
    constants of training.
    """
    corpus = experiment.manifest("corpus").digest
    kept = split_model_directory(experiment, corpus, settings, split=split, method=method, cluster=run.local_cluster)
    if not kept.is_dir():
        kept.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(kept.parent)
        with draft_directory(kept) as draft, kept_programs():
            fit(training, tracks, settings, directory=draft, run=run, progress=progress, method=method)
            publish(draft, kept)
    return read_embeddings(kept, tracks)


def artist_numbers(experiment: Experiment) -> npt.NDArray[np.int64]:
    """Return the artist id of each track, int64 (tracks,); tracks of the same artist have the same id."""
    number: dict[str, int] = {}
    catalogue = Catalogue(experiment.directory("corpus"))
    artists = (identity(track.artist) for track in catalogue.all_tracks())
    return np.fromiter((number.setdefault(artist, len(number)) for artist in artists), np.int64, len(catalogue))
