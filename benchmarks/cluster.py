"""Measures the cost of a cluster compared with one process: processor time and bytes per token, and time per step.

    python -m benchmarks.cluster [--tokens N] [--tracks N] [--dim N] [--shapes 1x1 2x2 …]

Each run trains a new model on a synthetic corpus (`benchmarks.synthetic_corpus`). The processor time of all processes
and the number of bytes over the loopback device are measured per token, in the second epoch, because the first one
includes the start and compilation. The benchmark needs Linux. No other program may use the loopback device at the same
time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.synthetic_corpus import scenes_found, synthetic_corpus
from skipgramophone.experiment.embeddings import CENTRE
from skipgramophone.settings import RunSettings, TrainSettings
from skipgramophone.training.batches import STREAM
from skipgramophone.training.cluster.engine import ClusterEngine, message_of
from skipgramophone.training.engine_choice import engine_for
from skipgramophone.training.layout import Assignment
from skipgramophone.training.trainer import Trainer
from skipgramophone.training.vocabulary import Vocabulary

TICK = os.sysconf("SC_CLK_TCK")


def processor_seconds() -> Counter[str]:
    """Return the seconds of processor time that this process and its children have used so far, by role."""
    seconds: Counter[str] = Counter()
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            *_, job, _index, _ = (process / "cmdline").read_text().rjust(3, "\0").split("\0")
        except OSError:
            continue
        if int(process.name) == os.getpid() or int(fields[1]) == os.getpid():
            role = "chief" if int(process.name) == os.getpid() else job
            seconds[role] += (int(fields[11]) + int(fields[12])) / TICK  # type: ignore[assignment]
    return seconds


def loopback_bytes() -> int:
    """Return the number of bytes that the loopback device has received so far."""
    lines = Path("/proc/net/dev").read_text().splitlines()
    return next(int(line.split(":")[1].split()[0]) for line in lines if line.strip().startswith("lo:"))


def measure(shape: str, tokens: int, tracks: int, dim: int) -> dict[str, Any]:
    """Train two epochs, and measure the second one.

    The shape "2x1" means a cluster of two workers and one parameter server; "one" means a single process.
    """
    made = synthetic_corpus(tracks, tokens)
    counts = made.corpus.counts(len(made.scene))
    settings = TrainSettings(window_size="bag", embedding_dim=dim, epochs=2)
    run = RunSettings(local_cluster=None if shape == "one" else shape)
    with tempfile.TemporaryDirectory() as directory, ExitStack() as until_done:
        log = Path(directory) / "log"
        log.touch()
        engine = until_done.enter_context(engine_for(run, log.parent, log))
        trainer = Trainer(made.corpus, Vocabulary(counts), settings, log, run, engine=engine)
        until_done.enter_context(closing(trainer.engine))
        before = now = (0.0, processor_seconds(), 0)
        for step in trainer.run():
            if step.epoch_done:
                now = (time.perf_counter(), processor_seconds(), loopback_bytes())
                if step.epoch == 1:
                    before = now
        trained = made.corpus.occurrences
        trainer.tables.write(Path(directory), counts > 0)
        own, near = scenes_found(made, np.load(Path(directory) / CENTRE))
        parts = time_of_parts(trainer) if isinstance(trainer.engine, ClusterEngine) else {}
    spent = now[1] - before[1]
    return {
        "shape": shape,
        "macro_batch": trainer.shape.macro,
        "tokens_per_second": round(trained / (now[0] - before[0])),
        "processor_us_per_token": round(sum(spent.values()) / trained * 1e6, 3),
        "by_role": {role: round(seconds / trained * 1e6, 3) for role, seconds in spent.items()},
        "bytes_per_token": round((now[2] - before[2]) / trained),
        "scenes": [round(own, 3), round(near, 3)],
        **parts,
    }


def time_of_parts(trainer: Trainer, repeats: int = 5) -> dict[str, float]:
    """Return the shortest time of each step (make a task, pull its rows, train, push), in microseconds per token."""
    engine = trainer.engine
    assert isinstance(engine, ClusterEngine)
    return {name: round(best, 3) for name, best in engine_parts(trainer, engine, repeats).items()}


def engine_parts(trainer: Trainer, engine: ClusterEngine, repeats: int) -> dict[str, float]:
    """Time four functions on a worker, each of which does one more step: make a task, pull its rows, train, push."""
    layout = trainer.layout
    what = Assignment(STREAM, 0, next(layout.stretches(STREAM, 0)), 0.01)
    task = layout.task(what, layout.macro_batch(what), np.full(int(engine.tables.centre.rows.shape[0]), -1, np.int32))
    total = engine.tf.reduce_sum

    def make(sent: Any) -> Any:
        made = engine.make(sent[0])
        return [*map(total, (*made.at, *made.work))]

    def pull(sent: Any) -> Any:
        made = engine.make(sent[0])
        return [*map(total, (*engine.pull(made), *made.work))]

    def train(sent: Any) -> Any:
        made = engine.make(sent[0])
        return [*map(total, engine.program(*engine.pull(made), *made.work))]

    def push(sent: Any) -> Any:
        made = engine.make(sent[0])
        engine.push(made, *engine.program(*engine.pull(made), *made.work))
        return engine.tf.constant(0)

    best = {}
    for name, function in (("make", make), ("pull", pull), ("train", train), ("push", push)):
        compiled = engine.tf.function(function, input_signature=[engine.signature(1)], autograph=False)
        times = []
        for _ in range(repeats + 1):  # the first repeat compiles
            sent = np.array([message_of(what, next(engine.serials), True)])
            started = time.perf_counter()
            engine.coordinator.schedule(compiled, args=(sent,))
            engine.coordinator.join()
            times.append(time.perf_counter() - started)
        best[name] = min(times[1:]) / what.stretch.real * 1e6
    return {
        "make_us_per_token": best["make"],
        "pull_us_per_token": best["pull"] - best["make"],
        "train_us_per_token": best["train"] - best["pull"],
        "push_us_per_token": best["push"] - best["train"],
        "unique_rows_per_token": task.of_tokens / what.stretch.real,
    }


def main() -> None:
    """Measure each shape in a separate process, and print one JSON object per line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=2_000_000)
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--shapes", nargs="*", default=["one", "1x1", "2x1", "2x2"])
    parser.add_argument("--in-this-process", action="store_true")
    arguments = parser.parse_args()
    size = ["--tokens", str(arguments.tokens), "--tracks", str(arguments.tracks), "--dim", str(arguments.dim)]
    for shape in arguments.shapes:
        if arguments.in_this_process:
            print(json.dumps(measure(shape, arguments.tokens, arguments.tracks, arguments.dim)), flush=True)
        else:
            own = [sys.executable, "-m", "benchmarks.cluster", *size, "--shapes", shape, "--in-this-process"]
            subprocess.run(own, check=True)


if __name__ == "__main__":
    main()
