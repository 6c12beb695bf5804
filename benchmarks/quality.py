"""Measures the quality of the baselines on splits of an archive of playlists, for the table of docs/quality.md.

python -m benchmarks.quality FOLDER [--draws 2]

FOLDER contains two files: playlists.csv.gz, whose owners are "<playlist>@<date>", and splits.json, with the names of
the playlists to hold out in each split. All snapshots of a playlist are held out together. Tracks with two or more
training occurrences are ranked. Values are means over the splits. Differences from item-kNN are paired and have 95 %
confidence intervals over playlists. Times are processor times of one fit, without the choice of parameters.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from skipgramophone.evaluation.baselines import BASELINES, fit_baselines, make_validation
from skipgramophone.evaluation.ease import ease
from skipgramophone.evaluation.holdout import make_split
from skipgramophone.evaluation.protocols import make_queries
from skipgramophone.evaluation.rankers import FoldedIn, Ranker, rp3beta
from skipgramophone.evaluation.scorecard import RankedCatalogue, estimate, score_ranker
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.experiment import Experiment, open_experiment
from skipgramophone.experiment.postings import membership
from skipgramophone.pipeline.extract import extract
from skipgramophone.pipeline.stages import open_corpus
from skipgramophone.settings import EvaluateSettings, ExtractSettings, Protocol
from skipgramophone.training.factorization import factorize

LEAST = 2  # minimum number of training occurrences of a ranked track
DIMENSIONS = 128  # number of dimensions of SVD
OWNER = "[^@]*"
PROTOCOLS: tuple[Protocol, ...] = ("continuation", "lookup")
METRICS = ("r_precision", "ndcg")


def _ials(playlists: Any, factors: int) -> Ranker:
    """Fit iALS like the library `implicit` with regularization 20 and alpha 20, which is alpha 19 here."""
    return FoldedIn(factorize(playlists, factors=factors, regularization=20, alpha=19, seed=42))


FIXED: dict[str, Callable[[Any], Ranker]] = {
    "EASE, regularization 50": partial(ease, regularization=50),
    "EASE, regularization 200": partial(ease, regularization=200),
    "iALS, 128 factors, regularization 20, alpha 19": partial(_ials, factors=128),
    "iALS, 256 factors, regularization 20, alpha 19": partial(_ials, factors=256),
    "RP3beta, beta 0.3": partial(rp3beta, beta=0.3),
}


@dataclass
class Row:
    """The results of one ranking over all splits.

    Attributes:
        values: maps protocol and metric to a list with one array of query values per split.
        seconds: processor time of each fit.
    """

    values: dict[tuple[Protocol, str], list[Any]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)


def measure_split(
    experiment: Experiment, corpus: Corpus, tracks: int, *, names: Path, draws: int, rows: dict[str, Row]
) -> dict[Protocol, Any]:
    """Fit all baselines to one split, add the results to `rows`, and return the groups of queries per protocol."""
    split = make_split(experiment, corpus, EvaluateSettings(group=OWNER), names)
    trained_on = split.training_part(corpus)
    counts = trained_on.counts(tracks)
    ranked = np.flatnonzero(counts >= LEAST)
    playlists, counts = membership(trained_on, tracks)[:, ranked].tocsr(), counts[ranked]
    fixed: dict[str, Ranker] = {}
    for name, fit in FIXED.items():
        started = time.process_time()
        fixed[name] = fit(playlists)
        rows.setdefault(name, Row()).seconds.append(time.process_time() - started)
    groups: dict[Protocol, Any] = {}
    for protocol in PROTOCOLS:
        settings = EvaluateSettings(protocol=protocol, baselines="all", draws=draws)
        validation = make_validation(trained_on, split.training_groups(), tracks, least=LEAST, settings=settings)
        chosen, fits = fit_baselines(playlists, counts, dimensions=DIMENSIONS, settings=settings, validation=validation)
        print(names.name, protocol, *(f"{each.name} {each.parameters}" for each in fits if each.parameters), sep="; ")
        is_ranked = np.isin(np.arange(tracks), ranked)
        asked = make_queries(
            corpus, split.held_out, is_ranked, protocol, seed=settings.random_seed, draws=draws
        ).renumbered(ranked, tracks)
        groups[protocol] = split.groups[[query.playlist for query in asked.queries]]
        catalogue = RankedCatalogue(counts, np.arange(len(ranked)))
        for name, ranker in (chosen | fixed).items():
            card = score_ranker(ranker, asked.queries, catalogue, k=10)
            values = rows.setdefault(name, Row()).values
            for metric in METRICS:
                values.setdefault((protocol, metric), []).append(card.values[metric])
    return groups


def print_table(rows: dict[str, Row], groups: dict[Protocol, list[Any]]) -> None:
    """Print a table of all baselines in Markdown."""
    print("| ranking | R-prec. | NDCG@500 | against item-kNN | R-prec. | NDCG@500 | against item-kNN | fit |")
    print("|---|---|---|---|---|---|---|---|")
    for name in (*BASELINES["all"], *FIXED):
        cells = [name]
        for protocol in PROTOCOLS:
            cells += [f"{np.mean([part.mean() for part in rows[name].values[protocol, m]]):.3f}" for m in METRICS]
            own, knn = (np.concatenate(rows[each].values[protocol, METRICS[0]]) for each in (name, "item-kNN"))
            found = estimate(own - knn, np.concatenate(groups[protocol]), seed=42)
            cells.append(f"{found.mean:+.3f} [{found.low:+.3f}, {found.high:+.3f}]" if name != "item-kNN" else "")
        cells.append(f"{np.mean(rows[name].seconds):.1f} s" if rows[name].seconds else "")
        print("|", " | ".join(cells), "|")


def main() -> None:
    """Measure the baselines on all splits, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--draws", type=int, default=2)
    asked = parser.parse_args()
    splits = json.loads((asked.folder / "splits.json").read_text(encoding="utf-8"))
    rows: dict[str, Row] = {}
    groups: dict[Protocol, list[Any]] = {protocol: [] for protocol in PROTOCOLS}
    with tempfile.TemporaryDirectory() as root:
        extract("archive", [asked.folder / "playlists.csv.gz"], ExtractSettings(), experiments_dir=root)
        experiment = open_experiment("archive", root)
        corpus, tracks = open_corpus(experiment)
        for name, held_out in splits.items():
            names = Path(root, name)
            names.write_text("\n".join(held_out), encoding="utf-8")
            found = measure_split(experiment, corpus, tracks, names=names, draws=asked.draws, rows=rows)
            for protocol in PROTOCOLS:
                groups[protocol].append(found[protocol])
    print_table(rows, groups)


if __name__ == "__main__":
    main()
