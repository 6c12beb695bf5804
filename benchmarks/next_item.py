"""Measures how well the last item of sessions is predicted, by cross-validation over all sessions, for docs/quality.md.

python -m benchmarks.next_item SOURCE [--columns LIST] [--group REGEX] [--folds 5]

SOURCE is a file that `sgp extract` reads. All playlists (sessions) are divided at random into folds; near-duplicates,
and playlists of one group, are in the same fold. For each fold, a model is trained on the other folds with the default
settings, and the context and the recency are chosen on the same playlists, as in `sgp train`. Each playlist of the fold
is a query as in `sgp evaluate --protocol next-item`: the last item has to be found, given the others. All rankings use
the chosen recency. The table shows means over the queries of all folds, and paired differences from item-kNN with 95 %
intervals over groups.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from skipgramophone.evaluation.comparison import model_rankers, queries_over, rankable
from skipgramophone.evaluation.holdout import playlist_groups
from skipgramophone.evaluation.rankers import Ranker, item_knn
from skipgramophone.evaluation.recency_choice import choose_recency
from skipgramophone.evaluation.scorecard import RankedCatalogue, Values, estimate, score_rankers
from skipgramophone.evaluation.splits import Groups, Split
from skipgramophone.evaluation.window_choice import choose_context
from skipgramophone.experiment.artists import read_artists
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import read_embeddings
from skipgramophone.experiment.experiment import open_experiment
from skipgramophone.experiment.playlist_table import read_playlist_table
from skipgramophone.experiment.postings import membership
from skipgramophone.experiment.track_artists import TrackArtists, track_artists
from skipgramophone.pipeline.extract import extract
from skipgramophone.pipeline.stages import open_corpus
from skipgramophone.settings import EvaluateSettings, ExtractSettings, RunSettings, TrainSettings
from skipgramophone.training.program_cache import kept_programs
from skipgramophone.training.run import fit

K = 20
METRICS = (f"hit@{K}", "mrr")
RANKINGS = ("cosine", "hybrid")
BASELINE = "item-kNN"
TRAINING = TrainSettings()
SEED = TRAINING.random_seed


def fold_of(groups: Groups, folds: int, seed: int) -> Groups:
    """Return the fold of each playlist, int64 (playlists,); whole groups are assigned to folds of about equal size."""
    names, member, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.random.default_rng([seed, len(names)]).permutation(len(names))
    before = np.cumsum(sizes[order]) - sizes[order]
    fold = np.empty(len(names), np.int64)
    fold[order] = before * folds // len(groups)
    return fold[member]


def measure(corpus: Corpus, split: Split, artists: TrackArtists | None, tracks: int) -> tuple[dict[str, Any], Groups]:
    """Train a model without the held-out playlists; return the results of each ranking, and the group of each query."""
    part = split.training_part(corpus)
    training = replace(TRAINING, window_size=choose_context(part, tracks, SEED).window_size)
    recency = choose_recency(part, tracks, SEED).recency
    with tempfile.TemporaryDirectory() as directory, kept_programs():
        fit(part, tracks, training, directory=Path(directory), run=RunSettings(), progress=None)
        model = replace(read_embeddings(Path(directory), tracks), artists=artists)
        settings = EvaluateSettings(protocol="next-item", recency=recency, k=K)
        counts = part.counts(tracks)
        ranked = rankable(model, counts, training.min_count)
        rows, asked = np.flatnonzero(ranked), queries_over(corpus, split, ranked, settings)
        whole = membership(part, tracks)
        playlists, lengths = whole[:, rows].tocsr(), np.asarray(whole.sum(axis=1), np.float32).ravel()
        own = model_rankers(
            playlists, lengths, model.take(rows), counts=counts[rows], training=training, settings=settings
        )
        rankers: dict[str, Ranker] = {BASELINE: item_knn(playlists)} | {name: own[name] for name in RANKINGS}
        catalogue = RankedCatalogue(counts[rows], np.arange(len(rows)))
        cards = score_rankers(rankers, asked.queries, catalogue, K, recency=recency)
    print(f"window {training.window_size}; recency {recency:g}; {len(asked.queries):,} queries", end="", flush=True)
    print(f", {asked.skipped:,} sessions with too few items", flush=True)
    return cards, split.groups[[query.playlist for query in asked.queries]]


def print_table(cards: list[dict[str, Any]], groups: Groups) -> None:
    """Print the values of each ranking in Markdown, with the paired differences from the baseline."""
    print(f"| {len(groups):,} queries | " + " | ".join(f"{name} | against {BASELINE}" for name in METRICS) + " |")
    print("|---" * (1 + 2 * len(METRICS)) + "|")
    for name in (BASELINE, *RANKINGS):
        cells = [name]
        for metric in METRICS:
            one, base = (_pooled(cards, each, metric) for each in (name, BASELINE))
            found = estimate(one - base, groups, SEED)
            cells.append(f"{one.mean():.3f}")
            cells.append(f"{found.mean:+.3f} [{found.low:+.3f}, {found.high:+.3f}]" if name != BASELINE else "")
        print("|", " | ".join(cells), "|")
    for metric in METRICS:
        gains = [(fold["hybrid"].values[metric] - fold[BASELINE].values[metric]).mean() for fold in cards]
        print(f"hybrid − {BASELINE}, {metric}, each fold: " + ", ".join(f"{gain:+.3f}" for gain in gains))


def _pooled(cards: list[dict[str, Any]], ranking: str, metric: str) -> Values:
    """Return the values of one metric for the queries of all folds, float64 (queries,)."""
    return np.concatenate([fold[ranking].values[metric] for fold in cards])


def main() -> None:
    """Measure all folds, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    for name in ("columns", "group"):
        parser.add_argument(f"--{name}", default=None)
    parser.add_argument("--folds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        extract("sessions", [asked.source], ExtractSettings(columns=asked.columns), experiments_dir=root)
        experiment = open_experiment("sessions", root)
        corpus, tracks = open_corpus(experiment)
        with closing(Catalogue(experiment.directory("corpus"))) as catalogue:
            known = read_artists(catalogue)
        artists = track_artists(known) if len(known) else None
        table = read_playlist_table(experiment.directory("corpus"), len(corpus))
        groups = playlist_groups(corpus, table, asked.group, SEED)
        fold = fold_of(groups, asked.folds, SEED)
        found = [measure(corpus, Split(fold == at, groups), artists, tracks) for at in range(asked.folds)]
    print_table([cards for cards, _groups in found], np.concatenate([own for _cards, own in found]))


if __name__ == "__main__":
    main()
