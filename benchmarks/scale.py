"""Simulates training on clusters: on the small clusters that were measured on two cores, and on larger ones.

    python -m benchmarks.scale

The chief sends rounds of macro-batches to workers. For each macro-batch, a worker makes the task, pulls rows from the
servers, trains, and pushes the differences to the servers. Each process does one thing at a time, and at the end of
every turn all workers wait for the slowest one. The costs were measured with `benchmarks.cluster`. On one machine,
macro-batches wait for a free core; in a cluster, each process has its own core and network.
"""

from __future__ import annotations

import argparse
import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from skipgramophone.training.cluster.engine import ROUNDS_PER_TURN

# Measured costs (docs/scale.md): milliseconds of the chief per round, milliseconds of a server per turn, microseconds
# of a worker per token without the compiled program, nanoseconds of a worker per byte that is sent or received, and
# nanoseconds of a server per byte.
SENDING, COUNTING, LAYING_OUT, WORKER_BYTE, SERVER_BYTE = 5.0, 3.0, 0.20, 0.60, 1.60
HANDING = 12.0  # latency from the chief to a worker and back in milliseconds, during which no core is busy
ROUND = 2  # macro-batches in flight per worker
WIDTH = 2  # bytes per number on the network


@dataclass(frozen=True, slots=True)
class Case:
    """The parameters of a simulation: a corpus, a model and a cluster."""

    workers: int
    servers: int
    tracks: int
    macro: int
    dim: int = 100
    cores: int = 0  # number of cores that all processes share; 0 if each process has its own core
    train: float = 1.20  # microseconds per token in the compiled program; higher for small macro-batches
    gigabits: float = 10.0  # network speed of each machine, if each process has its own machine
    crowded: float = 1.0  # factor by which all work takes longer if there are more processes than cores


def unique_rows(tracks: int, drawn: int, exponent: float) -> float:
    """Return the expected number of distinct tracks among `drawn`, if popularity is 1 / (rank + 10) ** exponent."""
    edges = np.unique(np.geomspace(1, tracks + 1, 4000).astype(np.int64))
    rank, wide = (edges[:-1] + edges[1:] - 1) / 2, np.diff(edges)
    weight = 1 / (rank + 10.0) ** exponent
    probability = weight / (weight @ wide)
    return float(wide @ -np.expm1(drawn * np.log1p(-np.minimum(probability, 0.5))))


@lru_cache
def bytes_per_token(case: Case) -> float:
    """Return the number of bytes per token that are sent over the network, in both directions together."""
    of_tokens = unique_rows(case.tracks, case.macro, 0.8)
    noise = unique_rows(case.tracks, case.macro // 8, 0.6)
    both = of_tokens + noise * (1 - of_tokens / case.tracks)
    rows = of_tokens + both
    # Rows and accumulators are sent in both directions, row numbers only once.
    return (rows * (case.dim + 1) * WIDTH * 2 + both * 4) / case.macro


def phases(case: Case, worker: int) -> Iterator[tuple[str, float]]:
    """Yield the resources that a macro-batch uses, in order, with the seconds of use; "" means latency."""
    tokens = case.macro
    half = bytes_per_token(case) * tokens / 2  # bytes of a pull or a push
    wire = 8 / (case.gigabits * 1e9) if not case.cores else 0.0
    yield "cores" if case.cores else "chief", SENDING * 1e-3 / ROUND
    yield "", HANDING * 1e-3
    yield "cores" if case.cores else f"worker {worker}", tokens * LAYING_OUT * 1e-6
    for part in ("pull", "push"):
        for server in range(case.servers):
            yield "cores" if case.cores else f"server {server}", half / case.servers * max(SERVER_BYTE * 1e-9, wire)
        yield "cores" if case.cores else f"worker {worker}", half * max(WORKER_BYTE * 1e-9, wire)
        if part == "pull":
            yield "cores" if case.cores else f"worker {worker}", tokens * case.train * 1e-6


def tokens_per_second(case: Case, turns: int = 20) -> tuple[float, str]:
    """Simulate some turns; return the tokens per second and the busiest resource."""
    capacity = {"cores": case.cores}
    free: dict[str, list[float]] = {}
    busy: dict[str, float] = {}
    begun = 0.0
    for _ in range(turns):
        # (time when ready, order, worker, remaining phases); a worker starts a round when the whole previous round is
        # done.
        order = iter(range(1 << 30))
        waiting: list[tuple[float, int, int, Iterator[tuple[str, float]]]] = []
        under_way, left, ended = [0] * case.workers, case.workers * ROUNDS_PER_TURN, begun
        for worker in range(case.workers):
            under_way[worker], left = ROUND, left - 1
            waiting += [(begun, next(order), worker, phases(case, worker)) for _ in range(ROUND)]
        while waiting:
            ready, _, worker, to_come = heapq.heappop(waiting)
            phase = next(to_come, None)
            if phase is None:
                ended = max(ended, ready)
                under_way[worker] -= 1
                if left and not under_way[worker]:
                    under_way[worker], left = ROUND, left - 1
                    for _ in range(ROUND):
                        heapq.heappush(waiting, (ready, next(order), worker, phases(case, worker)))
                continue
            name, seconds = phase
            seconds *= case.crowded
            if not name:  # latency, which keeps no resource busy
                heapq.heappush(waiting, (ready + seconds, next(order), worker, to_come))
                continue
            servers = free.setdefault(name, [0.0] * capacity.get(name, 1))
            started = max(ready, heapq.heappop(servers))
            heapq.heappush(servers, started + seconds)
            busy[name] = busy.get(name, 0.0) + seconds / len(servers)
            heapq.heappush(waiting, (started + seconds, next(order), worker, to_come))
        begun = ended + case.servers * COUNTING * 1e-3
    trained = turns * case.workers * ROUNDS_PER_TURN * ROUND * case.macro
    return trained / begun, max(busy, key=busy.__getitem__)


def main() -> None:
    """Simulate each case, and print one JSON object per case."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    small = [
        Case(workers, servers, 100_000, 16384, cores=2, train=1.40, crowded=crowded)
        for workers, servers, crowded in ((1, 1, 1.0), (2, 1, 1.15), (2, 2, 1.15))
    ]
    large = [Case(workers, servers, 10**8, 131072) for workers, servers in ((1, 1), (10, 4), (100, 40), (100, 100))]
    large += [Case(100, 100, 10**8, 131072, gigabits=100), Case(10, 10, 10**8, 131072, gigabits=100)]
    for case in small + large:
        speed, busiest = tokens_per_second(case)
        result = {
            "workers": case.workers,
            "servers": case.servers,
            "tracks": case.tracks,
            "shared_cores": case.cores,
            "gigabits": None if case.cores else case.gigabits,
            "bytes_per_token": round(bytes_per_token(case)),
            "tokens_per_second": round(speed),
            "busiest": busiest.split()[0],
            "hours_per_1e10_tokens": round(1e10 / speed / 3600, 1),
        }
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
