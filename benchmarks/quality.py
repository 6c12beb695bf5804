"""Measures the quality of rankings and baselines on splits of an archive of playlists, for docs/quality.md.

python -m benchmarks.quality FOLDER [--draws 2]

FOLDER contains two files: playlists.csv.gz, whose owners are "<playlist>@<date>", and splits.json, with the names of
the playlists to hold out in each split. All snapshots of a playlist are held out together. Tracks with two or more
training occurrences are ranked. Values are means over the splits. Differences are paired and have 95 % confidence
intervals over playlists. Times are processor times of one fit, without the choice of parameters; the times of the
vectors, and of factors and EASE (in the row `factors`), are wall times.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from skipgramophone.evaluation.baselines import fit_baselines, make_validation
from skipgramophone.evaluation.holdout import make_split
from skipgramophone.evaluation.protocols import make_queries
from skipgramophone.evaluation.rankers import (
    ArtistsInCommon,
    Cosine,
    CosineAndCount,
    FoldedIn,
    Hybrid,
    Ranker,
    item_knn,
    rp3beta,
)
from skipgramophone.evaluation.scorecard import RankedCatalogue, estimate, score_ranker
from skipgramophone.experiment.artists import read_artists
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import read_embeddings, unit_rows
from skipgramophone.experiment.experiment import Experiment, open_experiment
from skipgramophone.experiment.factors import Objective
from skipgramophone.experiment.postings import membership
from skipgramophone.experiment.track_artists import TrackArtists, track_artists
from skipgramophone.lookup.ranking import (
    COSINE_WEIGHT,
    EASE_WEIGHT,
    FACTOR_WEIGHT,
    HYBRID_COUNT_WEIGHT,
    of_artists,
    reliability,
    rooted,
    scaled_predictions,
    smoothed_term,
)
from skipgramophone.pipeline.extract import extract
from skipgramophone.pipeline.stages import open_corpus
from skipgramophone.settings import EvaluateSettings, ExtractSettings, Protocol, RunSettings, TrainSettings
from skipgramophone.training.factorization import factorize, random_start
from skipgramophone.training.program_cache import kept_programs
from skipgramophone.training.regression import fit_ease
from skipgramophone.training.run import fit

LEAST = 2  # minimum number of training occurrences of a ranked track
DIMENSIONS = 128  # number of dimensions of the vectors and of SVD
TRAINING = TrainSettings(window_size="bag", embedding_dim=DIMENSIONS, min_count=LEAST)
OURS = "hybrid"
OWNER = "[^@]*"
PROTOCOLS: tuple[Protocol, ...] = ("continuation", "lookup")
METRICS = ("r_precision", "ndcg")


def _ials(playlists: Any, factors: int) -> Ranker:
    """Fit iALS with the objective of the library `implicit` for regularization 20 and alpha 20.

    Weights are defined differently here, so that alpha is 19.
    """
    return FoldedIn(factorize(playlists, random_start(playlists.shape[1], factors, seed=42), Objective(19, 20)))


FIXED: dict[str, Callable[[Any], Ranker]] = {
    "EASE, regularization 50": partial(fit_ease, regularization=50),
    "EASE, regularization 200": partial(fit_ease, regularization=200),
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


@dataclass(frozen=True)
class Sum:
    """Scores tracks by the sum of some terms of the hybrid score."""

    parts: Sequence[Callable[[Any], Any]]

    def scores(self, given: Any) -> Any:
        """Return the sum of the terms."""
        return sum(part(given) for part in self.parts)


def train_rankers(
    trained_on: Corpus, whole: Any, counts: Any, *, artists: TrackArtists, ranked: Any, rows: dict[str, Row]
) -> dict[str, Ranker]:
    """Train a model on the training playlists, and return its rankings, with and without each term of the hybrid."""
    with tempfile.TemporaryDirectory() as directory, kept_programs():
        started = time.perf_counter()
        fitted = fit(
            trained_on, len(counts), TRAINING, directory=Path(directory), run=RunSettings(), progress=lambda _step: None
        )
        rows.setdefault("factors", Row()).seconds.append(time.perf_counter() - started - fitted.seconds)
        rows.setdefault("cosine", Row()).seconds.append(fitted.seconds)
        kept = read_embeddings(Path(directory), len(counts)).take(ranked)
    cosine, counts = Cosine(unit_rows(kept.centre)), counts[ranked]
    logs = np.log1p(counts).astype(np.float32)
    assert kept.factors is not None
    assert kept.ease is not None
    assert kept.smoothed is not None
    factors, smoothed = FoldedIn(kept.factors), Cosine(kept.smoothed.astype(np.float32))
    in_common = ArtistsInCommon(artists.take(ranked).matrix())
    agreement = item_knn(whole[:, ranked].tocsr(), _lengths(whole))

    def of_count(given: Any) -> Any:
        return np.asarray(HYBRID_COUNT_WEIGHT / np.sqrt(_number(given)), np.float32) * logs

    def predicted(ranker: Ranker, weight: float, given: Any) -> Any:
        scores = ranker.scores(given)
        return scaled_predictions(scores, weight, _number(given), np.abs(scores).max(axis=1, keepdims=True))

    parts: dict[str, Callable[[Any], Any]] = {
        "agreement": lambda given: rooted(agreement.scores(given)),
        "cosine": lambda given: (
            COSINE_WEIGHT
            * reliability(counts, (given @ counts).reshape(-1, 1), _number(given), has_smoothed=True)
            * cosine.scores(given)
        ),
        "smoothed cosine": lambda given: smoothed_term(smoothed.scores(given), rooted(agreement.scores(given))),
        "count": of_count,
        "artists": lambda given: of_artists(in_common.scores(given), counts),
        "factors": partial(predicted, factors, FACTOR_WEIGHT),
        "EASE": partial(predicted, kept.ease, EASE_WEIGHT),
    }
    without: dict[str, Ranker] = {
        f"hybrid without {name}": Sum([parts[other] for other in parts if other != name]) for name in parts
    }
    return {
        "cosine": cosine,
        "cosine+count": CosineAndCount(cosine, counts),
        "factors": factors,
        **without,
        "hybrid without factors and EASE": Hybrid(agreement, cosine, counts, artists=in_common, smoothed=smoothed),
        OURS: Hybrid(agreement, cosine, counts, artists=in_common, factors=factors, ease=kept.ease, smoothed=smoothed),
    }


def _number(given: Any) -> Any:
    """Return the number of given tracks of each query, (queries, 1)."""
    return np.asarray(given.sum(axis=1)).reshape(-1, 1)


def _lengths(whole: Any) -> Any:
    """Return the number of tracks of each playlist."""
    return np.asarray(whole.sum(axis=1), np.float32).ravel()


def measure_split(
    experiment: Experiment, corpus: Corpus, artists: TrackArtists, *, names: Path, draws: int, rows: dict[str, Row]
) -> dict[Protocol, Any]:
    """Fit all baselines to one split, add the results to `rows`, and return the groups of queries per protocol."""
    tracks = artists.tracks
    split = make_split(experiment, corpus, EvaluateSettings(group=OWNER), names)
    trained_on = split.training_part(corpus)
    counts = trained_on.counts(tracks)
    ranked = np.flatnonzero(counts >= LEAST)
    whole = membership(trained_on, tracks)
    ours = train_rankers(trained_on, whole, counts, artists=artists, ranked=ranked, rows=rows)
    playlists, counts = whole[:, ranked].tocsr(), counts[ranked]
    fixed: dict[str, Ranker] = {}
    for name, make in FIXED.items():
        started = time.process_time()
        fixed[name] = make(playlists)
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
        for name, ranker in (chosen | fixed | ours).items():
            card = score_ranker(ranker, asked.queries, catalogue, k=10)
            values = rows.setdefault(name, Row()).values
            for metric in METRICS:
                values.setdefault((protocol, metric), []).append(card.values[metric])
    return groups


def print_table(rows: dict[str, Row], groups: dict[Protocol, list[Any]]) -> None:
    """Print a table of all rankings in Markdown, with the difference between the hybrid and each of them."""
    print("| ranking |" + " R-prec. | hybrid − this | NDCG@500 | hybrid − this |" * len(PROTOCOLS) + " fit |")
    print("|---" * (2 + 4 * len(PROTOCOLS)) + "|")
    for name, row in rows.items():
        cells = [name]
        for protocol, metric in itertools.product(PROTOCOLS, METRICS):
            values = row.values[protocol, metric]
            cells.append(f"{np.mean([part.mean() for part in values]):.3f}".lstrip("0"))
            ours = np.concatenate(rows[OURS].values[protocol, metric])
            found = estimate(ours - np.concatenate(values), np.concatenate(groups[protocol]), seed=42)
            cells.append(f"{found.mean:+.3f} [{found.low:+.3f}, {found.high:+.3f}]" if name != OURS else "")
        cells.append(f"{np.mean(row.seconds):.1f} s" if row.seconds else "")
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
        corpus, _tracks = open_corpus(experiment)
        with closing(Catalogue(experiment.directory("corpus"))) as catalogue:
            artists = track_artists(read_artists(catalogue))
        for name, held_out in splits.items():
            names = Path(root, name)
            names.write_text("\n".join(held_out), encoding="utf-8")
            found = measure_split(experiment, corpus, artists, names=names, draws=asked.draws, rows=rows)
            for protocol in PROTOCOLS:
                groups[protocol].append(found[protocol])
    print_table(rows, groups)


if __name__ == "__main__":
    main()
