"""Trains one epoch on a generated corpus of many tracks, and reports speed, peak memory and a projection.

    python -m benchmarks.large_corpus [--tracks 10000000] [--dim 128] [--tokens 250000000] [--threads 2] [--folder DIR]
    python -m benchmarks.large_corpus --extract    writes the corpus as a file of sessions instead, and extracts it

The tracks belong to scenes of 1,000 tracks. A playlist has 25 tracks of one scene; frequent tracks of a scene are drawn
more often. The corpus is generated in blocks into a file, so that its size does not count as memory. Vectors are
trained without factors. As a check of quality, the nearest tracks of some queries are compared with their scenes.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.corpus import Corpus, read_corpus
from skipgramophone.experiment.embeddings import read_embeddings, unit_rows
from skipgramophone.settings import RunSettings, TrainSettings
from skipgramophone.training.program_cache import kept_programs
from skipgramophone.training.run import fit
from skipgramophone.training.trainer import Progress

SCENE = 1000  # tracks per scene
LENGTH = 25  # tracks per playlist
BLOCK = 200_000  # playlists that are drawn together
QUERIES = 200
SEED = 0


def tracks_of_playlists(tracks: int, playlists: int) -> Iterator[npt.NDArray[np.int32]]:
    """Yield the track ids of blocks of playlists, int32."""
    rng = np.random.default_rng(SEED)
    for first in range(0, playlists, BLOCK):
        scene = rng.integers(0, tracks // SCENE, (min(BLOCK, playlists - first), 1))
        rank = SCENE * rng.random((len(scene), LENGTH)) ** 2  # ranks near 0 are drawn more often
        yield (scene + tracks // SCENE * rank.astype(np.int64)).astype(np.int32).ravel()


def write_corpus(directory: Path, tracks: int, tokens: int) -> Corpus:
    """Generate a corpus into a directory, and open it memory-mapped."""
    playlists = tokens // LENGTH
    offsets = np.arange(playlists + 1, dtype=np.int64) * LENGTH
    Corpus(np.zeros(playlists * LENGTH, np.int32), offsets).write(directory)
    written = np.load(directory / "track_ids.npy", mmap_mode="r+")
    at = 0
    for ids in tracks_of_playlists(tracks, playlists):
        written[at : at + len(ids)] = ids
        at += len(ids)
    written.flush()
    return read_corpus(directory)


def write_sessions(path: Path, tracks: int, tokens: int) -> None:
    """Generate a corpus as a file of sessions: one playlist per line, as track ids."""
    with path.open("wb") as file:
        for ids in tracks_of_playlists(tracks, tokens // LENGTH):
            bounds = pa.array(np.arange(len(ids) // LENGTH + 1, dtype=np.int32) * LENGTH)
            playlists = pa.ListArray.from_arrays(bounds, pa.array(ids).cast(pa.string()))
            lines = pc.binary_join(playlists, " ")
            file.write(("\n".join(lines.to_pylist()) + "\n").encode("ascii"))


def anonymous_bytes(process: int | str = "self") -> int:
    """Return the memory of a process without memory-mapped files, or 0 if the process has ended (Linux)."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("RssAnon:")), 0)


def extract(directory: Path, tracks: int, tokens: int) -> None:
    """Write a file of sessions, extract it in another process, and print the time and the memory that this takes."""
    source, peak, started = directory / "sessions.txt", 0, time.perf_counter()
    write_sessions(source, tracks, tokens)
    print(f"{source.stat().st_size / 1e9:.2f} GB written in {time.perf_counter() - started:.0f} s", flush=True)
    command = [sys.executable, "-m", "skipgramophone", "extract", "large", str(source)]
    started = time.perf_counter()
    with subprocess.Popen([*command, "--experiments-dir", str(directory), "--json"], stdout=subprocess.PIPE) as running:
        while running.poll() is None:
            peak = max(peak, anonymous_bytes(running.pid))
            time.sleep(0.1)
        assert running.stdout is not None
        report = json.load(running.stdout)
    seconds, used = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    files = sum(file.stat().st_size for file in (directory / "large").rglob("*") if file.is_file())
    print(f"{report['tracks']:,} tracks, {report['playlists']:,} playlists, {report['occurrences']:,} occurrences")
    print(f"extracted in {seconds:.0f} s; processor time {used.ru_utime + used.ru_stime:.0f} s")
    print(f"peak memory without memory-mapped files {peak / 2**30:.1f} GiB; experiment {files / 1e9:.1f} GB")


def same_scene(directory: Path, tracks: int) -> float:
    """Return the share of the ten nearest tracks of frequent tracks that are in the same scene."""
    scenes = tracks // SCENE
    centre = read_embeddings(directory, tracks).centre
    frequent = min(tracks, 20 * scenes)  # the 20 most frequent tracks of each scene
    unit = unit_rows(np.asarray(centre[:frequent]))
    queries = np.random.default_rng(SEED).choice(frequent, QUERIES, replace=False)
    similarity = unit[queries] @ unit.T
    similarity[np.arange(QUERIES), queries] = -2
    nearest = np.argpartition(-similarity, 10, axis=1)[:, :10]
    return float((nearest % scenes == queries[:, None] % scenes).mean())


def main() -> None:
    """Generate a corpus, train one epoch, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("tracks", 10_000_000), ("dim", 128), ("tokens", 250_000_000), ("threads", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--folder", type=Path, help="folder for temporary files; it needs three times the tables")
    parser.add_argument("--extract", action="store_true", help="extract the corpus from a file instead of training")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as made, kept_programs():
        directory = Path(made)
        if given.extract:
            extract(directory, given.tracks, given.tokens)
            return
        corpus = write_corpus(directory, given.tracks, given.tokens)
        settings = TrainSettings(embedding_dim=given.dim, epochs=1, window_size="bag", factors=False)
        started, used = time.perf_counter(), time.process_time()
        seen: list[tuple[float, int]] = []
        peak = 0

        def progress(at: Progress) -> None:
            nonlocal peak
            seen.append((time.perf_counter(), at.tokens))
            peak = max(peak, anonymous_bytes())

        fitted = fit(
            corpus,
            given.tracks,
            settings,
            directory=directory,
            run=RunSettings(threads=given.threads),
            progress=progress,
            stage=lambda name: print(f"{time.perf_counter() - started:6.1f} s: {name}", flush=True),
        )
        seconds, used = time.perf_counter() - started, time.process_time() - used
        rate = (seen[-1][1] - seen[0][1]) / (seen[-1][0] - seen[0][0])
        print(f"{fitted.tracks_learnt:,} tracks with a vector, {corpus.occurrences:,} tokens")
        print(f"first round after {seen[0][0] - started:.0f} s, all in {seconds:.0f} s; processor time {used:.0f} s")
        print(f"{rate:,.0f} tokens/s; a billion tokens take {1e9 / rate / 60:.0f} minutes per epoch")
        print(f"peak memory without memory-mapped files {peak / 2**30:.1f} GiB")
        print(f"nearest tracks in the same scene: {same_scene(directory, given.tracks):.3f}")


if __name__ == "__main__":
    main()
