"""Measures the speed of look-ups.

The benchmark measures a cold start, queries in one process and through a pipe, and queries by names with and without
typos. It also measures whole commands that list artists or playlists, or put a playlist into a smooth order.

python -m benchmarks.lookups [--tracks 100000] [--dim 100] [--tokens 5000000] [--repeats 7] [--queries 2000]

The corpus is synthetic (`synthetic_corpus.py`). The vector of a track is a random centre for its scene plus noise.
Names are invented words with different frequencies. The benchmark also reports the recall@10 and the size of the index.
To use one core:

taskset -c 0 python -m benchmarks.lookups
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import skipgramophone as sgp
from benchmarks.machine import describe
from benchmarks.synthetic_corpus import SCENES, synthetic_corpus
from skipgramophone.errors import TrackNameError
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.catalogue_writer import TRACKS, write_catalogue
from skipgramophone.experiment.embeddings import Embeddings, Matrix
from skipgramophone.experiment.name_search import NameSearch
from skipgramophone.experiment.new_experiment import new_experiment
from skipgramophone.experiment.playlist_table import PLAYLISTS
from skipgramophone.experiment.postings import build_postings
from skipgramophone.training.factorization import write_factors
from skipgramophone.training.smoothing import write_smoothed

NAME = "bench"
SEED = 42
WORDS = 60_000
LETTERS = "abcdefghijklmnopqrstuvwxyz"
STARTS = re.findall(r"[a-z]+", "b c d f g h j k l m n p r s t v w z br ch cr dr fl gr kl pr sh st th tr")
MIDDLES, ENDS = re.findall(r"[a-z]+", "a e i o u ai ea oo ou y"), ("", "n", "r", "s", "l", "t", "ck", "ng")
REMARKS = ("", "", "", " - Live", " - Remastered 2011", " (feat. Somebody)")


def names(tracks: int) -> Iterator[tuple[str, str]]:
    """Yield invented artists and titles; the n-th word is drawn with a probability in proportion to 1 / (n + 8)."""
    rng = random.Random(SEED)
    known = [
        "".join(rng.choice(STARTS) + rng.choice(MIDDLES) for _ in range(rng.choice((1, 2, 2, 3)))) + rng.choice(ENDS)
        for _ in range(WORDS)
    ]
    frequency = 1 / (np.arange(WORDS) + 8.0)
    drawn = iter(np.random.default_rng(SEED).choice(WORDS, 8 * tracks, p=frequency / frequency.sum()).tolist())

    def phrase(words: int) -> str:
        """Return some capitalized words."""
        return " ".join(known[next(drawn)].capitalize() for _ in range(words))

    artists = [phrase(rng.choice((1, 2, 2, 3))) for _ in range(tracks // 8 + 1)]
    for _ in range(tracks):
        artist = artists[int(len(artists) * rng.random() ** 2)]
        yield artist, phrase(rng.choice((1, 2, 3, 3, 4))) + rng.choice(REMARKS)


def make(root: Path, tracks: int, tokens: int, dim: int) -> float:
    """Create an experiment, and return the time for building its index in seconds."""
    made = synthetic_corpus(tracks, tokens, SEED)
    tracks = len(made.scene)
    artists, titles = zip(*names(tracks), strict=True)
    uris, places = [f"bench:{row}" for row in range(tracks)], range(1, tracks + 1)
    columns = zip(TRACKS.items(), (artists, titles, uris, made.corpus.counts(tracks), places), strict=True)
    known = pa.table({name: pa.array(column, kind) for (name, kind), column in columns})
    rng = np.random.default_rng(SEED)
    centre: Matrix = rng.standard_normal((SCENES, dim)).astype(np.float32)[made.scene]
    centre += rng.standard_normal(centre.shape).astype(np.float32)
    with new_experiment(NAME, root) as experiment:
        with experiment.publishing("corpus", {}) as draft:
            write_catalogue(draft.path, known)
            made.corpus.write(draft.path)
            build_postings(made.corpus, tracks).write(draft.path)
            named = pa.array([f"list {at}" for at in range(len(made.corpus))])
            pq.write_table(pa.table({"owner": named, "name": named}), draft.path / PLAYLISTS)
        with experiment.publishing("model", {}) as draft:
            embeddings = Embeddings(centre, centre, np.zeros(tracks, np.float32))
            embeddings.write(draft.path)
            started, used = time.perf_counter(), time.process_time()
            write_factors(draft.path, made.corpus, embeddings)
            print(f"factors: {time.perf_counter() - started:.1f} s, {time.process_time() - used:.1f} s of processors")
            started = time.perf_counter()
            write_smoothed(draft.path, made.corpus, embeddings)
            print(f"smoothed vectors: {time.perf_counter() - started:.1f} s")
    started = time.perf_counter()
    sgp.build_index(NAME, experiments_dir=root)
    return time.perf_counter() - started


def cold(arguments: Sequence[str], repeats: int) -> list[float]:
    """Run Python `repeats` times in a new process, and return the time of each run in seconds."""
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - started)
    return seconds


def with_typo(name: str, rng: random.Random) -> str:
    """Return a name with one letter removed, inserted, replaced or swapped with the next."""
    at, letter = rng.randrange(1, len(name) - 1), rng.choice(LETTERS)
    return name[:at] + rng.choice(
        (name[at + 1 :], letter + name[at:], letter + name[at + 1 :], name[at + 1] + name[at] + name[at + 2 :])
    )


def timed(task: Callable[[str], object], queries: Sequence[str]) -> list[float]:
    """Return the time of a task for each query in milliseconds; unknown and ambiguous names count as answered."""
    taken = []
    for query in queries:
        started = time.perf_counter()
        with suppress(TrackNameError):
            task(query)
        taken.append(1000 * (time.perf_counter() - started))
    return taken


def report(label: str, values: Sequence[float], unit: str, digits: int = 1) -> None:
    """Print the median, the 95th percentile and the maximum of some values."""
    percentile = sorted(values)[int(0.95 * (len(values) - 1))]
    print(
        f"{label:<34} {statistics.median(values):8.{digits}f} {unit}  "
        f"(95th percentile {percentile:.{digits}f}, maximum {max(values):.{digits}f})",
        flush=True,
    )


def main() -> None:
    """Create an experiment, run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    options = (("tracks", 100_000), ("dim", 100), ("tokens", 5_000_000), ("repeats", 7), ("queries", 2000))
    for name, default in options:
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    print(describe("annoy"))
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        seconds = make(root, asked.tracks, asked.tokens, asked.dim)
        measure(root, asked.repeats, asked.queries, seconds)


def measure(root: Path, repeats: int, queries: int, seconds: float) -> None:
    """Measure look-ups in an experiment; `seconds` is the time for building its index."""
    rng = random.Random(SEED)
    with sgp.open(NAME, root) as lookup:
        facts = lookup.experiment.manifest("index").facts
        print(f"{len(lookup):,} tracks x {lookup.embeddings.dim}, {lookup.corpus.occurrences:,} occurrences")
        print(
            f"index: {facts['trees']} trees, {facts['bytes'] / 1e6:.0f} MB, search_k {facts['search_k']:,}, "
            f"recall@10 {facts['recall_at_10']:.3f}, built in {seconds:.1f} s"
        )
        measure_commands(root, len(lookup), repeats)
        numpy = cold(["-c", "import numpy"], repeats)
        first = cold(["-m", "skipgramophone", "similar", NAME, "bench:7", "--experiments-dir", str(root)], repeats)
        report("cold: python -c 'import numpy'", numpy, "s", 3)
        report("cold: sgp --help", cold(["-m", "skipgramophone", "--help"], repeats), "s", 3)
        report("cold: sgp similar", first, "s", 3)
        print(f"{'':34} {statistics.median(first) / statistics.median(numpy):8.1f} times import numpy")
        uris = [f"bench:{rng.randrange(len(lookup))}" for _ in range(queries)]
        lookup.similar(uris[0])
        for label, settings, number in (
            ("similar", sgp.SimilarSettings(), queries),
            ("similar, folded, 2 per artist", sgp.SimilarSettings(fold_versions=True, max_per_artist=2), queries // 4),
            ("similar --exact", sgp.SimilarSettings(exact=True), queries // 40),
            ("similar --by hybrid", sgp.SimilarSettings(by="hybrid"), queries // 40),
        ):
            taken = timed(lambda uri, settings=settings: lookup.similar(uri, settings), uris[:number])  # type: ignore[misc]
            report(label, taken, "ms", 2)
        lines = "".join(f"{uri}\n" for uri in uris)
        command = [sys.executable, "-m", "skipgramophone", "similar", NAME, "-", "--experiments-dir", str(root)]
        started = time.perf_counter()
        done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
        took = time.perf_counter() - started - statistics.median(first)
        (by,) = {json.loads(line)["answered_by"] for line in done.stdout.splitlines()}
        print(f"{'queries through a pipe, warm':34} {queries / took:8,.0f} per second, by {by}")
        measure_names(lookup.catalogue, rng, max(20, queries // 10))


def measure_commands(root: Path, tracks: int, repeats: int) -> None:
    """Measure whole commands: lists of artists and playlists, and a playlist in a smooth order."""
    rng = random.Random(SEED)
    seeds = [f"bench:{int(tracks * rng.random() ** 3)}" for _ in range(20)]  # mostly frequent tracks
    for label, arguments in (
        ("similar --of artists", ["similar", NAME, seeds[0], "--of", "artists"]),
        ("similar --of artists --by hybrid", ["similar", NAME, seeds[0], "--of", "artists", "--by", "hybrid"]),
        ("similar --of playlists", ["similar", NAME, seeds[0], "--of", "playlists"]),
        ("continue, 20 seeds, 50 tracks", ["continue", NAME, *seeds, "-n", "50"]),
        ("the same --arrange", ["continue", NAME, *seeds, "-n", "50", "--arrange"]),
    ):
        command = ["-m", "skipgramophone", *arguments, "--experiments-dir", str(root)]
        cold(command, 1)  # reads the files into memory
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        report(f"cold: {label}", cold(command, repeats), "s", 2)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"{'':34} {used / repeats:8.2f} s of processors, mean")


def measure_names(catalogue: Catalogue, rng: random.Random, number: int) -> None:
    """Measure name search and completion with `number` random tracks."""
    search = NameSearch(catalogue)
    tracks = [catalogue.track(rng.randrange(len(catalogue))) for _ in range(number)]
    report("full name", timed(search.resolve, [track.name for track in tracks]), "ms", 2)
    report("part of a name", timed(search.resolve, [track.name[3:-2] for track in tracks]), "ms", 2)
    wrong = [with_typo(track.name, rng) for track in tracks]
    report("name with a typo", timed(search.resolve, wrong), "ms", 2)
    found = 0
    for track, query in zip(tracks, wrong, strict=True):
        try:
            found += search.resolve(query).track.name == track.name
        except TrackNameError as error:
            found += any(candidate.startswith(track.name) for candidate in error.candidates)
    print(f"{'':34} {found / number:8.0%} of these found or suggested")
    typed = [track.name[:length] for track in tracks for length in (1, 3, 6, 12)]
    report("completion", timed(lambda text: search.completions(text, 8, 0.1), typed), "ms", 2)


if __name__ == "__main__":
    main()
