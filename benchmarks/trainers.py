"""Compares the trainer with gensim and fastText: tokens and pairs per second, memory and quality.

python -m benchmarks.trainers            all trainers, one after the other; prints medians
python -m benchmarks.trainers --one sgp  one run in this process; prints JSON (the command above starts these)
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import describe
from benchmarks.synthetic_corpus import SyntheticCorpus, scenes_found, synthetic_corpus
from skipgramophone.experiment.embeddings import CENTRE
from skipgramophone.settings import Context, TrainSettings
from skipgramophone.training.batches import shape_for
from skipgramophone.training.stream import Epoch
from skipgramophone.training.trainer import Trainer
from skipgramophone.training.vocabulary import Vocabulary


def run_sgp(made: SyntheticCorpus, window: Context, epochs: int, dim: int) -> tuple[Any, list[float]]:
    """Train with skipgramophone; return the centre vectors and the seconds of each epoch."""
    counts = made.corpus.counts(len(made.scene))
    settings = TrainSettings(window_size=window, embedding_dim=dim, epochs=epochs)
    with tempfile.TemporaryDirectory() as directory:
        trainer = Trainer(made.corpus, Vocabulary(counts), settings, Path(directory) / "log")
        seconds, last = [], time.perf_counter()
        for step in trainer.run():
            if step.epoch_done:
                seconds.append(time.perf_counter() - last)
                last = time.perf_counter()
        trainer.tables.write(Path(directory), counts > 0)
        return np.load(Path(directory) / CENTRE), seconds


def run_gensim(made: SyntheticCorpus, window: Context, epochs: int, dim: int) -> tuple[Any, list[float]]:
    """Train with gensim's skip-gram and two workers; return the vectors by row and the seconds of each epoch."""
    from gensim.models import Word2Vec
    from gensim.models.callbacks import CallbackAny2Vec

    class Clock(CallbackAny2Vec):  # type: ignore[misc]
        """Records the time of each epoch."""

        def __init__(self) -> None:
            self.seconds: list[float] = []

        def on_epoch_begin(self, _model: Any) -> None:
            self.begun = time.perf_counter()

        def on_epoch_end(self, _model: Any) -> None:
            self.seconds.append(time.perf_counter() - self.begun)

    offsets, words = made.corpus.offsets, [str(track) for track in range(len(made.scene))]
    ids = made.corpus.track_ids.tolist()
    lists = [[words[track] for track in ids[offsets[p] : offsets[p + 1]]] for p in range(len(made.corpus))]
    clock = Clock()
    reach = 50 if window == "bag" else window
    model = Word2Vec(vector_size=dim, window=reach, sg=1, negative=5, min_count=1, sample=0, workers=2, seed=1)
    model.build_vocab(lists)
    model.train(lists, total_examples=len(lists), epochs=epochs, callbacks=[clock])
    return np.stack([model.wv[word] for word in words]), clock.seconds


def run_fasttext(made: SyntheticCorpus, window: Context, epochs: int, dim: int) -> tuple[Any, list[float]]:
    """Train with fastText, without subwords and with two threads; it reports no epochs, so each gets the mean time."""
    import fasttext

    offsets, ids = made.corpus.offsets, made.corpus.track_ids
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as text:
        for p in range(len(made.corpus)):
            text.write(" ".join(f"t{track}" for track in ids[offsets[p] : offsets[p + 1]]) + "\n")
        text.flush()
        started = time.perf_counter()
        model = fasttext.train_unsupervised(
            text.name,
            model="skipgram",
            dim=dim,
            ws=50 if window == "bag" else window,
            epoch=epochs,
            neg=5,
            minCount=1,
            maxn=0,
            t=1.0,  # no subsampling
            thread=2,
            verbose=0,
        )
        seconds = time.perf_counter() - started
    return np.stack([model.get_word_vector(f"t{track}") for track in range(len(made.scene))]), [
        seconds / epochs
    ] * epochs


def pairs_per_token(made: SyntheticCorpus, window: Context, trainer: str) -> float:
    """Return the expected number of (centre, context) pairs per token, with word2vec's random window."""
    if window == "bag" and trainer == "sgp":
        shape = shape_for(made.corpus.occurrences, window)
        stream = Epoch(made.corpus, None, window, shape=shape, seed=(42,))
        batches = map(stream.macro_batch, stream.stretches())
        return sum(float(b.weight[b.playlist > 0].sum()) for b in batches) / made.corpus.occurrences
    reach, lengths = 50 if window == "bag" else window, made.corpus.lengths()
    at = (2 * np.maximum(0, lengths - d).sum() * (reach + 1 - d) / reach for d in range(1, reach + 1))
    return float(sum(at)) / made.corpus.occurrences


TRAINERS = {"sgp": run_sgp, "gensim": run_gensim, "fasttext": run_fasttext}


def one(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run one trainer, and return its speed, memory and quality."""
    window: Context = "bag" if arguments.window == "bag" else int(arguments.window)
    made = synthetic_corpus(arguments.tracks, arguments.tokens)
    run = TRAINERS[arguments.one]
    centre, seconds = run(made, window, arguments.epochs, arguments.dim)
    rate = made.corpus.occurrences / statistics.median(seconds[1:] or seconds)
    same, near = scenes_found(made, centre)
    return {
        "tokens_per_second": rate,
        "pairs_per_second": rate * pairs_per_token(made, window, arguments.one),
        "first_epoch_seconds": seconds[0],
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "same_scene": same,
        "same_or_neighbour_scene": near,
    }


def main() -> None:
    """Run the trainers one after the other, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--one", choices=sorted(TRAINERS))
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--tokens", type=int, default=5_000_000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--window", default="5")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(one(arguments)))
        return
    options = [f"--{name}={getattr(arguments, name)}" for name in ("tracks", "tokens", "epochs", "dim", "window")]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in TRAINERS}
    for _ in range(arguments.repeats):
        for name, runs in found.items():
            command = [sys.executable, "-m", "benchmarks.trainers", "--one", name, *options]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            runs.append(json.loads(done.stdout.splitlines()[-1]))
            print(name, {key: round(value, 3) for key, value in runs[-1].items()}, file=sys.stderr, flush=True)
    print(f"{describe('tensorflow', 'gensim', 'fasttext-wheel')}, {vars(arguments)}\n")
    print("| trainer | M tokens/s | M pairs/s | first epoch, s | peak, GB | same scene | same or neighbour scene |")
    print("|---|---|---|---|---|---|---|")
    for name, runs in found.items():
        median = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        print(
            f"| {name} | {median['tokens_per_second'] / 1e6:.2f} | {median['pairs_per_second'] / 1e6:.1f} | "
            f"{median['first_epoch_seconds']:.1f} | {median['peak_gb']:.1f} | {median['same_scene']:.3f} | "
            f"{median['same_or_neighbour_scene']:.3f} |"
        )


if __name__ == "__main__":
    main()
