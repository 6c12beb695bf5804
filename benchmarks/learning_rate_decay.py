"""Measures how the number of epochs and the decay of the learning rate affect the ranking by cosine.

    python -m benchmarks.learning_rate_decay SOURCE... [--runs 30:1 20:0.3 16:0.3:24] [--rate 0.6] [--seeds 1 2]

Each SOURCE is a corpus:

    FOLDER    a folder with playlists.csv.gz, whose owners are "<playlist>@<date>", and splits.json, with the names of
              the playlists that `benchmarks.quality` holds out
    FILE      any other source that `sgp extract` reads without further options
    sample    the built-in sample

A run such as 16:0.3:24 trains 16 epochs, in which the learning rate is constant at first and decays in the last 30 %.
The last number is how many negative samples a group of tokens shares; without it, there are 16.
An eighth of the playlists is held out for validation. None of them is a held-out playlist of `benchmarks.quality` or of
`sgp evaluate` with its defaults. Each line shows R-precision and NDCG@500 of the ranking by cosine, first for half of
the tracks given (continuation), then for one given track (lookup), and the processor time of training.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.cosine_quality import CosineQuality, Flags
from benchmarks.machine import describe
from skipgramophone.evaluation.holdout import make_split
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.experiment import Experiment, open_experiment
from skipgramophone.experiment.playlist_table import read_playlist_table
from skipgramophone.experiment.training_method import OLD_METHOD, Method
from skipgramophone.pipeline.extract import extract
from skipgramophone.pipeline.stages import open_corpus
from skipgramophone.settings import EvaluateSettings, TrainSettings

SAMPLE, SHARE, DRAWS = "sample", 1 / 8, 3
LEAST = 2  # minimum number of training occurrences of a ranked track
METRICS = ("r_precision", "ndcg")


def validation_split(source: Path, experiment: Experiment, corpus: Corpus, seed: int) -> tuple[Corpus, Flags]:
    """Return the playlists to train on, and which playlists are held out for validation, bool (playlists,)."""
    rng = np.random.default_rng(seed)
    if not source.is_dir():
        tested = make_split(experiment, corpus, EvaluateSettings(), None).held_out
        others = np.flatnonzero(~tested)
        held_out = np.zeros(len(corpus), np.bool_)
        held_out[rng.choice(others, int(SHARE * len(others)), replace=False)] = True
        return corpus.playlists(np.flatnonzero(~held_out & ~tested)), held_out
    table = read_playlist_table(experiment.directory("corpus"), len(corpus))
    names = np.array([owner.partition("@")[0] for owner in table["owner"].to_pylist()])
    splits = json.loads((source / "splits.json").read_text(encoding="utf-8"))
    tested_names = [name for split in splits.values() for name in split]
    never_tested = np.setdiff1d(names, tested_names)
    held_out = np.isin(names, rng.choice(never_tested, int(2 * SHARE * len(never_tested)), replace=False))
    return corpus.playlists(np.flatnonzero(~held_out)), held_out


def measure(source: Path, seed: int, runs: list[tuple[int, Method]], rate: float | None) -> None:
    """Train and measure all runs on a source, with the validation playlists and the start vectors of a seed."""
    with tempfile.TemporaryDirectory() as directory:
        files = [] if str(source) == SAMPLE else [source / "playlists.csv.gz" if source.is_dir() else source]
        extract("all", files, sample=not files, experiments_dir=directory)
        experiment = open_experiment("all", directory)
        corpus, tracks = open_corpus(experiment)
        part, held_out = validation_split(source, experiment, corpus, seed)
    quality = CosineQuality(corpus, tracks, part=part, held_out=held_out, least=LEAST, draws=DRAWS)
    print(f"{source}, seed {seed}: {part.occurrences:,} occurrences, {len(quality.rows):,} tracks ranked", flush=True)
    for epochs, method in runs:
        settings = TrainSettings(window_size="bag", epochs=epochs, learning_rate=rate, factors=False, random_seed=seed)
        found = quality.measure(settings, method)
        values = "  ".join(f"{card.values[metric].mean():.4f}" for card in found.cards for metric in METRICS)
        print(f"{epochs:3} epochs, {method}  {values}  {found.seconds:6.1f} s", flush=True)


def parsed(run: str) -> tuple[int, Method]:
    """Return the number of epochs and the constants of a run such as 16:0.3:24."""
    epochs, decay, *shared = run.split(":")
    return int(epochs), Method(float(decay), int(shared[0]) if shared else OLD_METHOD.shared)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", type=Path, metavar="SOURCE")
    parser.add_argument("--runs", nargs="+", type=parsed, default=[*map(parsed, ("30:1", "20:0.3", "16:0.3:24"))])
    parser.add_argument("--rate", type=float, help="initial learning rate (default: that of sgp train)")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2])
    given = parser.parse_args()
    print(describe("tensorflow"))
    for one in given.sources:
        for number in given.seeds:
            measure(one, number, given.runs, given.rate)
