"""Measures how many seconds whole commands need until they reach the quality of gensim after 5, 20 and 100 epochs.

    python -m benchmarks.time_to_quality SOURCE... [--repeats 1] [--targets 5 20 100] [--epochs 1 2 4 8 16]

Each SOURCE is a corpus:

    FOLDER      a folder with playlists.csv.gz, whose owners are "<playlist>@<date>", as in the spotify-playlist-archive
    FILE        any other source that `sgp extract` reads without further options, such as a file of sessions
    generated   a generated corpus with a known structure (`synthetic_corpus.py`): 20,000 tracks, a million tokens

A tenth of the playlists is held out for validation, with all snapshots of the same playlist. Each run is a process of
its own that reads the other playlists and writes vectors; its wall time and processor time include the whole process,
from loading libraries to writing the result. `sgp train` runs with its defaults, so its time includes the factors and
the index of the model, and a second time with `--no-index --no-factors`, which writes only vectors, like gensim.

Quality is the R-precision of continuing half of a playlist, measured on the validation playlists by the code of `sgp
evaluate`. Tracks are ranked by the cosine of the vectors, for iALS by its own score, and for skipgramophone also by the
hybrid ranking. gensim, fastText and implicit are left out where they are not installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import describe
from benchmarks.synthetic_corpus import synthetic_corpus
from skipgramophone.evaluation.holdout import make_split
from skipgramophone.evaluation.protocols import make_queries
from skipgramophone.evaluation.rankers import ArtistsInCommon, Cosine, FoldedIn, Hybrid, Ranker, item_knn
from skipgramophone.evaluation.scorecard import RankedCatalogue, score_rankers
from skipgramophone.experiment.catalogue import FILE as CATALOGUE
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Embeddings, read_embeddings, unit_rows
from skipgramophone.experiment.experiment import open_experiment
from skipgramophone.experiment.factors import Factors, Objective
from skipgramophone.experiment.new_experiment import new_experiment
from skipgramophone.experiment.postings import build_postings, membership
from skipgramophone.pipeline.extract import extract
from skipgramophone.pipeline.stages import open_corpus
from skipgramophone.settings import EvaluateSettings, ExtractSettings

LEAST = 2  # minimum number of training occurrences of a ranked track
SHARE, OWNER = 0.1, "[^@]*"
GENERATED, TRACKS, TOKENS = "generated", 20_000, 1_000_000
ALL, VECTORS_ONLY = "sgp", "sgp, only vectors"
TARGETS = (5, 20, 100)  # epochs of gensim
OUR_EPOCHS, FASTTEXT_EPOCHS, SWEEPS = (1, 2, 4, 8, 16), (5, 20), (5, 15)
PART, RESULT = "part", "result.npy"


@dataclass
class Run:
    """One command, the times of its repetitions in seconds, and its quality."""

    tool: str
    effort: int  # epochs, or iterations of iALS
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    quality: dict[str, float] = field(default_factory=dict)


def texts(corpus: Corpus) -> list[list[str]]:
    """Return the playlists as lists of words."""
    words = [str(track) for track in corpus.track_ids.tolist()]
    return [words[first:end] for first, end in zip(corpus.offsets[:-1], corpus.offsets[1:], strict=True)]


def run_gensim(corpus: Corpus, tracks: int, *, epochs: int, dim: int, window: int) -> Any:
    """Train skip-gram with gensim and two workers."""
    from gensim.models import Word2Vec

    model = Word2Vec(texts(corpus), vector_size=dim, window=window, sg=1, epochs=epochs, min_count=1, workers=2, seed=1)
    return rows_of(model.wv.index_to_key, model.wv.vectors, tracks)


def run_fasttext(corpus: Corpus, tracks: int, *, epochs: int, dim: int, window: int) -> Any:
    """Train skip-gram with fastText and two threads, without subwords."""
    import fasttext

    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"{' '.join(words)}\n" for words in texts(corpus))
        file.flush()
        model = fasttext.train_unsupervised(
            file.name, "skipgram", dim=dim, ws=window, epoch=epochs, minCount=1, maxn=0, thread=2, verbose=0
        )
    return rows_of(model.words, [model.get_word_vector(word) for word in model.words], tracks)


def run_ials(corpus: Corpus, tracks: int, *, epochs: int, dim: int, window: int) -> Any:
    """Factorize the playlists with implicit, regularization 20 and alpha 20."""
    from implicit.als import AlternatingLeastSquares
    from scipy import sparse

    model = AlternatingLeastSquares(
        factors=dim, regularization=20, alpha=20, iterations=epochs, num_threads=2, random_state=1
    )
    model.fit(sparse.csr_matrix(membership(corpus, tracks)), show_progress=False)
    return model.item_factors


def rows_of(words: list[str], vectors: Any, tracks: int) -> Any:
    """Return the vectors in the order of the catalogue; tracks without a vector, such as "</s>", get zeros."""
    found = np.zeros((tracks, len(vectors[0])), np.float32)
    for word, vector in zip(words, vectors, strict=True):
        if word.isdigit():
            found[int(word)] = vector
    return found


TOOLS = {"gensim": run_gensim, "fasttext": run_fasttext, "implicit": run_ials}


def command(run: Run, root: Path, dim: int, window: int) -> list[str]:
    """Return the command line of a run."""
    if run.tool in (ALL, VECTORS_ONLY):
        options = ["-wsz", "bag", "-emb", str(dim), "-e", str(run.effort), "--force", "-q"]
        options += ["--no-index", "--no-factors"] if run.tool == VECTORS_ONLY else []
        return [sys.executable, "-m", "skipgramophone", "train", PART, *options, "--experiments-dir", str(root)]
    options = [f"--one={run.tool}", f"--effort={run.effort}", f"--dim={dim}", f"--window={window}"]
    return [sys.executable, "-m", "benchmarks.time_to_quality", str(root), *options]


def wait(arguments: list[str]) -> tuple[float, float]:
    """Run a command; return its wall time and its processor time."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    # implicit warns that it is slow if the linear algebra library has threads of its own.
    one_thread = {"OPENBLAS_NUM_THREADS": "1"} if "--one=implicit" in arguments else {}
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, env=os.environ | one_thread)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def one(asked: argparse.Namespace) -> None:
    """Run one of the other tools, and write its vectors."""
    root = Path(asked.sources[0])
    directory = open_experiment(PART, root)
    corpus, tracks = open_corpus(directory)
    found = TOOLS[asked.one](corpus, tracks, epochs=asked.effort, dim=asked.dim, window=asked.window)
    np.save(root / RESULT, np.asarray(found, np.float32))


def runs(asked: argparse.Namespace) -> Iterator[Run]:
    """Yield all runs; the runs of gensim, whose quality is the target for the others, come first."""
    for tool, module, efforts in (
        ("gensim", "gensim", asked.targets),
        (ALL, "skipgramophone", asked.epochs),
        (VECTORS_ONLY, "skipgramophone", asked.epochs),
        ("implicit", "implicit", SWEEPS),
        ("fasttext", "fasttext", FASTTEXT_EPOCHS),
    ):
        if tool in asked.without:
            continue
        if importlib.util.find_spec(module) is None:
            print(f"{tool} is not installed: left out", file=sys.stderr)
            continue
        yield from (Run(tool, effort) for effort in efforts)


def write_generated(path: Path) -> Path:
    """Write the generated corpus as a file of sessions, and return its path."""
    corpus = synthetic_corpus(TRACKS, TOKENS).corpus
    path.write_text("".join(" ".join(words) + "\n" for words in texts(corpus)), encoding="utf-8")
    return path


class Judge:
    """Measures the quality of vectors on the validation playlists."""

    def __init__(self, root: Path, source: str) -> None:
        """Extract the source, hold out playlists, and make an experiment of the others."""
        file, group = Path(source), None
        if source == GENERATED:
            file = write_generated(root / "generated.txt")
        elif file.is_dir():
            file, group = file / "playlists.csv.gz", OWNER
        extract("all", [file], ExtractSettings(), experiments_dir=root)
        experiment = open_experiment("all", root)
        corpus, self.tracks = open_corpus(experiment)
        settings = EvaluateSettings(group=group, share=SHARE, draws=2)
        split = make_split(experiment, corpus, settings, None)
        part = split.training_part(corpus)
        with new_experiment(PART, root) as made, made.publishing("corpus", {}) as draft:
            shutil.copy(experiment.directory("corpus") / CATALOGUE, draft.path / CATALOGUE)
            part.write(draft.path)
            build_postings(part, self.tracks).write(draft.path)
        counts = part.counts(self.tracks)
        self._rows = np.flatnonzero(counts >= LEAST)
        whole = membership(part, self.tracks)
        lengths = np.asarray(whole.sum(axis=1), np.float32).ravel()
        self._agreement = item_knn(whole[:, self._rows].tocsr(), lengths)
        self._catalogue = RankedCatalogue(counts[self._rows], np.arange(len(self._rows)))
        is_ranked = counts >= LEAST
        asked = make_queries(corpus, split.held_out, is_ranked, "continuation", seed=42, draws=settings.draws)
        self._queries = asked.renumbered(self._rows, self.tracks).queries
        playlists = len({query.playlist for query in self._queries})
        print(
            f"\n{file.name}: {part.occurrences:,} occurrences to train on, {len(self._queries)} queries from "
            f"{playlists} validation playlists, {len(self._rows):,} tracks ranked",
            flush=True,
        )

    def quality(self, run: Run, root: Path) -> dict[str, float]:
        """Return the mean R-precision of each ranking of the vectors that a run has written."""
        rankers: dict[str, Ranker] = {}
        if run.tool in (ALL, VECTORS_ONLY):
            kept: Embeddings = read_embeddings(open_experiment(PART, root).directory("model"), self.tracks)
            kept = kept.take(self._rows)
            cosine = Cosine(unit_rows(np.asarray(kept.centre)))
            factors = FoldedIn(kept.factors) if kept.factors else None
            artists = ArtistsInCommon(kept.artists.matrix()) if kept.artists else None
            counts = self._catalogue.counts
            rankers = {"cosine": cosine}
            if run.tool == ALL:
                smoothed = None if kept.smoothed is None else Cosine(kept.smoothed.astype(np.float32))
                rankers["hybrid"] = Hybrid(
                    self._agreement,
                    cosine,
                    counts,
                    artists=artists,
                    factors=factors,
                    ease=kept.ease,
                    smoothed=smoothed,
                )
        else:
            vectors = np.load(root / RESULT)[self._rows]
            if run.tool == "implicit":
                rankers = {"own score": FoldedIn(Factors.rotated(vectors, Objective(19, 20)))}
            else:
                rankers = {"cosine": Cosine(unit_rows(vectors))}
        cards = score_rankers(rankers, self._queries, self._catalogue, k=10)
        return {name: float(card.values["r_precision"].mean()) for name, card in cards.items()}


def main() -> None:
    """Measure all sources, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", metavar="SOURCE")
    parser.add_argument("--one", choices=sorted(TOOLS), help=argparse.SUPPRESS)
    parser.add_argument("--effort", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--window", type=int, default=5, help="window of gensim and fastText")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--targets", type=int, nargs="+", default=TARGETS, help="epochs of gensim")
    parser.add_argument("--epochs", type=int, nargs="+", default=OUR_EPOCHS, help="epochs of skipgramophone")
    parser.add_argument("--without", choices=("implicit", "fasttext"), nargs="+", default=(), help="tools to leave out")
    asked = parser.parse_args()
    if asked.one:
        one(asked)
        return
    print(describe("tensorflow", "gensim", "implicit", "fasttext-wheel"))
    for source in asked.sources:
        measure(source, asked)


def measure(source: str, asked: argparse.Namespace) -> None:
    """Run all commands on a corpus, one after the other, and print two tables."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        judge, all_runs = Judge(root, source), list(runs(asked))
        for repeat in range(asked.repeats):
            for run in all_runs:
                wall, cpu = wait(command(run, root, asked.dim, asked.window))
                run.wall.append(wall)
                run.cpu.append(cpu)
                if not repeat:
                    run.quality = judge.quality(run, root)
                print(run, file=sys.stderr, flush=True)
    show(all_runs)


def show(all_runs: list[Run]) -> None:
    """Print all runs, and then the time of each tool until it reaches each target."""
    load = os.getloadavg()[1]
    print(f"load average {load:.1f}\n\n| command | epochs | wall, s | processors, s | ranking | R-precision |")
    print("|---|---|---|---|---|---|")
    for run in all_runs:
        times = f"{statistics.median(run.wall):.1f} | {statistics.median(run.cpu):.1f}"
        for ranking, value in run.quality.items():
            print(f"| {run.tool} | {run.effort} | {times} | {ranking} | {value:.3f} |")
    targets = [run for run in all_runs if run.tool == "gensim"]
    print("\n| ranking |" + "".join(f" gensim after {target.effort} epochs |" for target in targets))
    print("|---" * (1 + len(targets)) + "|")
    for tool, ranking in dict.fromkeys((run.tool, name) for run in all_runs for name in run.quality):
        cells = []
        for target in targets:
            enough = [run for run in all_runs if run.tool == tool and run.quality[ranking] >= target.quality["cosine"]]
            fastest = min(enough, key=lambda run: statistics.median(run.cpu), default=None)
            wall, cpu = (statistics.median(times) for times in (fastest.wall, fastest.cpu)) if fastest else (0, 0)
            cells.append(f"{wall:.1f} ({cpu:.1f})" if fastest else "not reached")
        print(f"| {tool}, {ranking} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
