"""Measures how much neighbours depend on the seed of training and on the playlists, for docs/quality.md.

python -m benchmarks.stability SOURCE [--columns LIST] [--min-count 1] [--share 0.9] [--group REGEX] [--tracks 1000]

SOURCE is a file that `sgp extract` reads. The benchmark trains models with two seeds, and models of two random samples
of the playlists with the same seed. It reports the share of ten neighbours that two models have in common, with 95 %
intervals over tracks. With `--group`, whole groups of playlists are drawn. To test the marks of unstable tracks in `sgp
similar`, the benchmark looks up random tracks in one model. It then counts how many of the marked neighbours, and how
many of the unmarked ones, the model with the other seed lists, too.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import skipgramophone as sgp
from skipgramophone.evaluation.comparison import model_rankers
from skipgramophone.evaluation.holdout import playlist_groups
from skipgramophone.evaluation.rankers import Ranker
from skipgramophone.evaluation.stability import Stability, stability
from skipgramophone.experiment.arrays import Rows
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Embeddings, read_embeddings
from skipgramophone.experiment.experiment import open_experiment
from skipgramophone.experiment.playlist_table import read_playlist_table
from skipgramophone.experiment.postings import membership
from skipgramophone.lookup.results import Seed
from skipgramophone.pipeline.extract import extract
from skipgramophone.pipeline.stages import open_corpus
from skipgramophone.pipeline.train import train
from skipgramophone.settings import EvaluateSettings, ExtractSettings, RunSettings, Score, TrainSettings
from skipgramophone.training.program_cache import kept_programs
from skipgramophone.training.run import fit

NEIGHBOURS = 10
RANKINGS: tuple[Score, ...] = ("hybrid", "cosine")
SEED = 42
NAMES = ("one", "other")  # experiments with the same corpus and different training seeds


def ranker_of(corpus: Corpus, model: Embeddings, rows: Rows, training: TrainSettings, by: Score) -> Ranker:
    """Return the ranking of some tracks by a model and the playlists on which it was trained."""
    whole = membership(corpus, len(model))
    lengths = np.asarray(whole.sum(axis=1), np.float32).ravel()
    return model_rankers(
        whole[:, rows].tocsr(),
        lengths,
        model.take(rows),
        counts=corpus.counts(len(model))[rows],
        training=training,
        settings=EvaluateSettings(score=by),
    )[by]


def agreement(parts: Sequence[tuple[Corpus, Embeddings]], training: TrainSettings, by: Score) -> Stability:
    """Compare two models, each trained on its own playlists, on the tracks that have a vector in both."""
    (first, one), (second, other) = parts
    rows = np.flatnonzero(one.learnt() & other.learnt())
    one_ranker, other_ranker = (ranker_of(corpus, model, rows, training, by) for corpus, model in parts)
    counts = np.minimum(first.counts(len(one)), second.counts(len(other)))[rows]
    return stability(one_ranker, other_ranker, counts, ranking=by, neighbours=NEIGHBOURS, seed=SEED)


def report(what: str, parts: Sequence[tuple[Corpus, Embeddings]], training: TrainSettings) -> None:
    """Print the agreement of two models by each ranking."""
    for by in RANKINGS:
        found = agreement(parts, training, by)
        share = found.agreement
        print(f"{what}; {by}; {found.asked} tracks: {share.mean:.1%} [{share.low:.1%}, {share.high:.1%}]", flush=True)


def samples(corpus: Corpus, groups: Rows, share: float) -> list[Corpus]:
    """Draw two samples of the playlists; each contains about `share` of the groups."""
    names, member = np.unique(groups, return_inverse=True)
    drawn = [np.random.default_rng([SEED, at]).random(len(names)).argsort() for at in (0, 1)]
    return [corpus.playlists(np.flatnonzero((order < share * len(names))[member])) for order in drawn]


def report_marks(root: str, tracks: int) -> None:
    """Look up random tracks in both experiments, and print how well the marks of one predict the list of the other."""
    with sgp.open(NAMES[0], root) as one, sgp.open(NAMES[1], root) as other:
        rows = one.learnt_by_count()
        rows = np.random.default_rng(SEED).choice(rows, min(tracks, len(rows)), replace=False)
        marked, stayed = [], []
        for row in rows.tolist():
            seed = Seed(one.catalogue.track(row))
            listed = {near.track.row for near in other.similar_to([seed]).neighbours}
            for near in one.similar_to([seed]).neighbours:
                marked.append(near.stable is False)
                stayed.append(near.track.row in listed)
    is_marked, stays = np.array(marked), np.array(stayed)
    print(f"neighbours marked by similar: {is_marked.mean():.1%} of {len(stays):,}")
    print(f"also listed with another seed: {stays[is_marked].mean():.1%} of the marked ones", end="; ")
    print(f"{stays[~is_marked].mean():.1%} of the others")


def main() -> None:
    """Train the models, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    for name, default in (("columns", None), ("group", None)):
        parser.add_argument(f"--{name}", default=default)
    for name, kind, value in (("min-count", int, 1), ("share", float, 0.9), ("tracks", int, 1000)):
        parser.add_argument(f"--{name}", type=kind, default=value)
    asked = parser.parse_args()
    training = TrainSettings(window_size="bag", min_count=asked.min_count, random_seed=SEED)
    with tempfile.TemporaryDirectory() as root:
        models: list[Any] = []
        for at, name in enumerate(NAMES):
            extract(name, [asked.source], ExtractSettings(columns=asked.columns), experiments_dir=root)
            train(name, replace(training, random_seed=SEED + at), experiments_dir=root)
            experiment = open_experiment(name, root)
            corpus, tracks = open_corpus(experiment)
            models.append((corpus, read_embeddings(experiment.directory("model"), tracks)))
        report("two seeds", models, training)
        report_marks(root, asked.tracks)
        artists = models[0][1].artists
        table = read_playlist_table(experiment.directory("corpus"), len(corpus))
        alone = np.arange(len(corpus))
        groups = {"playlists": alone} | (
            {"groups": playlist_groups(corpus, table, asked.group, SEED)} if asked.group else {}
        )
        for what, group in groups.items():
            parts = []
            for at, part in enumerate(samples(corpus, group, asked.share)):
                directory = Path(root, f"{what}-{at}")
                directory.mkdir()
                with kept_programs():
                    fit(part, tracks, training, directory=directory, run=RunSettings(), progress=None)
                parts.append((part, replace(read_embeddings(directory, tracks), artists=artists)))
            report(f"two samples of {asked.share:.0%} of the {what}", parts, training)


if __name__ == "__main__":
    main()
