"""Measures training on a GPU within a few minutes: equality with the CPU, speed, time per phase, share of peak speed.

python -m benchmarks.gpu [--seconds 480]
python -m benchmarks.gpu --device cpu --tokens 100000 --tracks 2000 --long-tokens 0    (a test of this script)

1. A small corpus is trained on the CPU and on the device. The losses may differ by rounding only.
2. The generated corpus (`synthetic_corpus.py`) is trained with a window of 5 and with whole playlists. The first rounds
are not timed, because they include compilation. A phase is timed by the thread that runs it. Preparing overlaps with
   training, so the phases may add up to more than the time of the rounds.
3. If time is left, step 2 is repeated with a corpus of `--long-tokens` tokens.

A token needs 6 D (T + K) floating-point operations in matrix products, with dimension D, T tokens per block and K
shared negatives. The peak is the speed of a large float32 matrix product on the device.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import describe
from benchmarks.synthetic_corpus import synthetic_corpus
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.settings import Context, Device, RunSettings, TrainSettings
from skipgramophone.training.tensorflow_runtime import load_tensorflow
from skipgramophone.training.trainer import Trainer
from skipgramophone.training.vocabulary import Vocabulary

CONTEXTS: tuple[Context, ...] = (5, "bag")
PHASES = {"prepare": "preparing", "_run": "training", "_push_all": "pushing"}  # methods of the engine
WARM_UP = 3  # rounds that are not timed
EQUAL = 1e-3  # largest relative difference of two losses that rounding explains
SIZE, PRODUCTS = 4096, 8  # size and number of the matrix products that measure the peak


def trainer(corpus: Corpus, context: Context, *, device: Device, dim: int, epochs: int, log: Path) -> Trainer:
    """Return a trainer of a corpus on a device."""
    counts = corpus.counts(int(corpus.track_ids.max()) + 1)
    settings = TrainSettings(window_size=context, embedding_dim=dim, epochs=epochs)
    return Trainer(corpus, Vocabulary(counts, settings.min_count), settings, log, run=RunSettings(device=device))


def losses(corpus: Corpus, context: Context, *, device: Device, dim: int, log: Path) -> list[float]:
    """Train two epochs, and return the loss of each."""
    made = trainer(corpus, context, device=device, dim=dim, epochs=2, log=log)
    return [step.loss for step in made.run() if step.epoch_done]


def timed(method: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    """Return a method that adds its time to a list."""

    def run(*given: Any, **named: Any) -> Any:
        started = time.perf_counter()
        try:
            return method(*given, **named)
        finally:
            spent.append(time.perf_counter() - started)

    return run


def measure(
    corpus: Corpus, context: Context, *, device: Device, dim: int, log: Path, seconds: float
) -> dict[str, float]:
    """Train until the time is over or two epochs are done; return tokens per second and seconds of each phase."""
    started = time.perf_counter()
    made = trainer(corpus, context, device=device, dim=dim, epochs=2, log=log)
    spent: dict[str, list[float]] = {name: [] for name in PHASES.values()}
    for method, name in PHASES.items():
        setattr(made.engine, method, timed(getattr(made.engine, method), spent[name]))
    setup = time.perf_counter() - started
    before, tokens, begun, first = 0, 0, 0.0, 0.0
    for rounds, step in enumerate(made.run(), 1):
        tokens = (step.epoch - 1) * corpus.occurrences + step.tokens
        if rounds == WARM_UP:
            begun, before, first = time.perf_counter(), tokens, time.perf_counter() - started - setup
            for times in spent.values():
                times.clear()
        if begun and time.perf_counter() - begun > seconds:
            break
    taken = time.perf_counter() - begun
    return {
        "tokens_per_second": (tokens - before) / taken,
        "flops": 6 * dim * (made.shape.block + made.shape.shared) * (tokens - before) / taken,
        "tables": setup,
        "first rounds": first,
        "rounds": taken,
        **{name: sum(times) for name, times in spent.items()},
    }


def peak(tf: Any, device: Device) -> float:
    """Return the floating-point operations per second of a large float32 matrix product on the device."""
    with tf.device("/GPU:0" if device == "gpu" else "/CPU:0"):
        left = tf.random.normal((SIZE, SIZE))
        product = tf.function(lambda: tf.linalg.trace(left @ left))
        float(product())
        started = time.perf_counter()
        for _ in range(PRODUCTS):
            float(product())
    return PRODUCTS * 2 * SIZE**3 / (time.perf_counter() - started)


def main() -> None:
    """Run the checks and measurements, and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "gpu"), default="gpu")
    parser.add_argument("--seconds", type=float, default=480.0, help="time for everything")
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--tokens", type=int, default=5_000_000)
    parser.add_argument("--long-tokens", type=int, default=200_000_000)
    parser.add_argument("--dim", type=int, default=100)
    asked = parser.parse_args()
    end = time.perf_counter() + asked.seconds
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "tensorflow.log"
        tf = load_tensorflow(log)
        devices = [tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU")]
        print(f"{describe('tensorflow')}, GPUs: {devices}")
        check_equality(asked, log)
        print("\n| tokens | context | M tokens/s | share of peak | tables, s | first rounds, s | rounds, s |", end="")
        print(" preparing, s | training, s | pushing, s |\n" + "|---" * 10 + "|")
        most = peak(tf, asked.device)
        for tokens in (asked.tokens, asked.long_tokens):
            if tokens and time.perf_counter() + tokens / 1e6 < end:  # generating a million tokens takes about a second
                corpus = synthetic_corpus(asked.tracks, tokens).corpus
                for context in CONTEXTS:
                    left = (end - time.perf_counter()) / (2 if context == CONTEXTS[0] else 1)
                    show(corpus, context, asked, log=log, seconds=min(60.0, left / 2), most=most)
        print(f"\npeak of a product of {SIZE} x {SIZE}: {most / 1e12:.2f} Tflop/s")


def check_equality(asked: argparse.Namespace, log: Path) -> None:
    """Compare the losses of the CPU with the losses of the device.

    Raises:
        SystemExit: the losses differ.
    """
    corpus = synthetic_corpus(min(asked.tracks, 5000), min(asked.tokens, 200_000)).corpus
    for context in CONTEXTS:
        expected = losses(corpus, context, device="cpu", dim=asked.dim, log=log)
        found = losses(corpus, context, device=asked.device, dim=asked.dim, log=log)
        print(f"context {context}: losses on the CPU {expected}, on the {asked.device} {found}")
        if not np.allclose(expected, found, rtol=EQUAL):
            raise SystemExit("the losses differ by more than rounding")


def show(
    corpus: Corpus, context: Context, asked: argparse.Namespace, *, log: Path, seconds: float, most: float
) -> None:
    """Measure one training, and print its row of the table."""
    found = measure(corpus, context, device=asked.device, dim=asked.dim, log=log, seconds=seconds)
    times = [found[name] for name in ("tables", "first rounds", "rounds", *PHASES.values())]
    cells = [f"{found['tokens_per_second'] / 1e6:.2f}", f"{found['flops'] / most:.0%}", *(f"{t:.1f}" for t in times)]
    print(f"| {corpus.occurrences:,} | {context} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
