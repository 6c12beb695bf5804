"""Compares continued training on an extended corpus with full training, by the neighbours of old and new tracks.

    python -m benchmarks.growing                        the built-in sample
    python -m benchmarks.growing --dump playlists.csv

A tenth of the tracks is removed from all playlists, and a fifth of the playlists is removed entirely. Vectors are
trained on the rest. Then the removed rows are added (`extract --append`), and training continues from these vectors
(`train --from`) for some epochs. The table shows the share of the ten nearest tracks that a model has in common with
full training, for three kinds of models: full training with another seed, continued training, and training from random
vectors with the same number of epochs.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

import skipgramophone as package
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.embeddings import read_embeddings, unit_rows
from skipgramophone.lookup.exact_search import exact_search
from skipgramophone.names.normalization import identity
from skipgramophone.pipeline.archive import copy_experiment
from skipgramophone.wording import plural

COLUMNS = "artist=artist,title=title,uri=uri,playlist=playlist,owner=owner"
TRACKS_OUT, PLAYLISTS_OUT, SEED, NEAR = 0.1, 0.2, 7, 10
Flags = npt.NDArray[np.bool_]


def keys(root: Path, name: str) -> list[tuple[str, ...]]:
    """For each track of an experiment, return a key that identifies the track in all experiments."""
    with closing(Catalogue(root / name / "corpus")) as catalogue:
        return [(t.uri,) if t.uri else (identity(t.artist), identity(t.title)) for t in catalogue.all_tracks()]


def split(root: Path, parts: tuple[Path, Path]) -> set[tuple[str, ...]]:
    """Write the remaining and the removed rows of "whole" to two files; return the keys of the removed tracks."""
    with package.open("whole", root) as whole:
        tracks = list(whole.catalogue.all_tracks())
        owners_and_names = whole.playlist_names(range(len(whole.corpus)))
        corpus = whole.corpus
    rng = np.random.default_rng(SEED)
    track_out = rng.random(len(tracks)) < TRACKS_OUT
    playlist_out = rng.random(len(corpus)) < PLAYLISTS_OUT
    with parts[0].open("w") as remaining, parts[1].open("w") as removed:
        for at, (owner, name) in enumerate(owners_and_names):
            for row in corpus.track_ids[corpus.offsets[at] : corpus.offsets[at + 1]].tolist():
                track = tracks[row]
                record = {"artist": track.artist, "title": track.title, "uri": track.uri or ""}
                line = json.dumps(record | {"playlist": name, "owner": owner})
                (removed if playlist_out[at] or track_out[row] else remaining).write(line + "\n")
    all_keys = keys(root, "whole")
    return {all_keys[row] for row in np.flatnonzero(track_out)}


def nearest(root: Path, name: str, order: list[int], asked: Flags) -> list[npt.NDArray[np.int64]]:
    """Return the nearest tracks of each flagged track, as rows in the order of the experiment "whole"."""
    centre = np.asarray(read_embeddings(root / name / "model", len(order)).centre)[order]
    rows = np.flatnonzero(asked)
    found = exact_search(centre).nearest_to_many(unit_rows(centre[rows]), NEAR, np.split(rows, len(rows)))
    return [near.rows for near in found]


def main() -> None:
    """Run the benchmark and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dump", type=Path)
    parser.add_argument("--epochs", type=int, nargs="*", default=[30, 10, 3])
    parser.add_argument("--min-count", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        package.extract("whole", arguments.dump or (), sample=arguments.dump is None, experiments_dir=root)
        settings = package.TrainSettings(window_size="bag", min_count=arguments.min_count)
        seconds: dict[str, float] = {}

        def train(name: str, seed: int, epochs: int, start: str | None = None) -> None:
            asked = replace(settings, random_seed=seed, epochs=epochs)
            report = package.train(name, asked, force=True, start_from=start, experiments_dir=root)
            seconds[name] = report.seconds

        train("whole", 1, settings.epochs)
        parts = root / "remaining.jsonl", root / "removed.jsonl"
        new = split(root, parts)
        columns = package.ExtractSettings(columns=COLUMNS)
        package.extract("other", parts, columns, experiments_dir=root)
        train("other", 2, settings.epochs)
        package.extract("part", parts[0], columns, experiments_dir=root)
        train("part", 3, settings.epochs)
        package.extract("part", parts[1], columns, append=True, experiments_dir=root)
        names = ["whole", "other"]
        for epochs in arguments.epochs:
            for start in ("part", None):
                name = f"{'continued' if start else 'from random'}, {plural(epochs, 'epoch')}"
                copy_experiment("part", name, root)
                train(name, 4, epochs, start and name)
                names.append(name)
        reference = keys(root, "whole")
        order, near = {}, {}
        with closing(Catalogue(root / "whole" / "corpus")) as catalogue:
            learnt = np.array(catalogue.counts()) >= arguments.min_count
        old = np.array([key not in new for key in reference])
        for name in names:
            row_of = {key: row for row, key in enumerate(keys(root, name))}
            order[name] = [row_of[key] for key in reference]
            near[name] = nearest(root, name, order[name], learnt)
        groups = {"all": learnt[learnt], "old": old[learnt], "new": ~old[learnt]}
        print("| | seconds |", " | ".join(f"{group} ({flags.sum():,})" for group, flags in groups.items()), "|")
        for name in names[1:]:
            pairs = zip(near["whole"], near[name], strict=True)
            shared = np.array([np.isin(one, other).mean() for one, other in pairs])
            shares = " | ".join(f"{shared[flags].mean():.1%}" for flags in groups.values())
            print(f"| {name} | {seconds[name]:.1f} | {shares} |")


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    print(f"{time.perf_counter() - started:.0f} s")
