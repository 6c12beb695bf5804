"""Compares the contexts `-wsz 5` and `-wsz bag` by the hybrid ranking, and shows which one `-wsz auto` chooses.

python -m benchmarks.contexts [SOURCE ...] [--group REGEX] [--share X]

Without sources, three generated worlds and the built-in sample are compared. In the worlds, the tracks of each playlist
come from one to three scenes, which are hidden groups of artists. As in many playlists of users, tracks of one artist
or of one album are often adjacent. Each source is extracted, trained once with each context (all other settings have
their defaults), and evaluated by both protocols.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import skipgramophone as sgp
from skipgramophone.evaluation.window_choice import choose_context
from skipgramophone.experiment.experiment import open_experiment
from skipgramophone.pipeline.stages import open_corpus
from skipgramophone.settings import Context, Protocol

PLAYLISTS, LENGTH = 3000, 60  # number of playlists, and the median of their lengths
SCENES, ARTISTS, ALBUMS, TRACKS = 60, 20, 3, 10  # artists per scene, albums per artist, tracks per album
ANY_SCENE = 0.1  # share of the steps at which a track is drawn from all scenes
CONTEXTS: tuple[Context, ...] = (5, "bag")
PROTOCOLS: tuple[Protocol, ...] = ("lookup", "continuation")
Track = tuple[int, int, int, int]  # scene, artist, album and number


@dataclass(frozen=True)
class World:
    """How playlists are generated.

    Attributes:
        name: name of the experiment.
        albums: share of the steps that add two to seven tracks of an album in order, instead of one track.
        drift: chance that the scene changes at a step; 0 draws a scene of the playlist at each step.
        seed: random seed.
    """

    name: str
    albums: float
    drift: float
    seed: int


WORLDS = (World("albums", 0.5, 0, 1), World("albums-by-date", 0.5, 0.15, 2), World("tracks-by-date", 0, 0.1, 3))


def playlist(world: World, rng: np.random.Generator, popularity: np.ndarray) -> list[Track]:
    """Generate the tracks of a playlist."""
    scenes = rng.choice(SCENES, 1 + rng.integers(3), replace=False)
    scene, length = scenes[0], max(6, int(rng.lognormal(np.log(LENGTH), 0.6)))
    tracks: dict[Track, None] = {}
    while len(tracks) < length:
        if not world.drift or rng.random() < world.drift:
            scene = rng.choice(scenes)
        here = int(rng.integers(SCENES) if rng.random() < ANY_SCENE else scene)
        artist, album = int(rng.choice(ARTISTS, p=popularity)), int(rng.integers(ALBUMS))
        if rng.random() < world.albums:
            first, number = int(rng.integers(TRACKS)), 2 + int(rng.integers(6))
            added = [(here, artist, album, (first + at) % TRACKS) for at in range(number)]
        else:
            added = [(here, artist, album, min(TRACKS - 1, int(rng.exponential(2))))]
        tracks |= dict.fromkeys(added)
    return list(tracks)[:length]


def rows_of(world: World) -> Iterator[tuple[str, str, str, str]]:
    """Generate the rows of a world: owner, artist, title and playlist."""
    rng = np.random.default_rng(world.seed)
    popularity = (1 + np.arange(ARTISTS)) ** -0.8
    popularity /= popularity.sum()
    for number in range(PLAYLISTS):
        for scene, artist, album, track in playlist(world, rng, popularity):
            yield f"owner {number}", f"artist {scene}.{artist}", f"track {album}.{track}", f"list {number}"


def compare(name: str, root: Path, group: str | None, share: float | None) -> None:
    """Train and evaluate with each context, and print R-precision by cosine and by hybrid."""
    corpus, tracks = open_corpus(open_experiment(name, root))
    chosen = choose_context(corpus, tracks, seed=42).window_size
    for context in CONTEXTS:
        sgp.train(name, sgp.TrainSettings(window_size=context), no_index=True, force=True, experiments_dir=root)
        found = []
        for protocol in PROTOCOLS:
            settings = sgp.EvaluateSettings(protocol=protocol, baselines="none", group=group, share=share)
            judged = sgp.evaluate(name, settings, experiments_dir=root).judgement.judged
            means = {row.ranker: row.metrics["r_precision"].mean for row in judged}
            found += [means["cosine"], means["hybrid"]]
        print(f"| {name} | {context} | " + " | ".join(f"{mean:.3f}" for mean in found) + f" | {chosen} |", flush=True)


def main() -> None:
    """Compare the contexts on the sources, or on the worlds and the sample."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="*", type=Path)
    parser.add_argument("--group", help="regex for the start of an owner's name, as in sgp evaluate")
    parser.add_argument("--share", type=float, help="share of the playlists to hold out")
    asked = parser.parse_args()
    print("| corpus | context | look-up, cosine | look-up, hybrid | continuation, cosine | hybrid | chosen |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for source in asked.sources:
            name = source.name.partition(".")[0]
            sgp.extract(name, source, experiments_dir=root)
            compare(name, root, asked.group, asked.share)
        for world in () if asked.sources else WORLDS:
            with (root / f"{world.name}.csv").open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([("owner", "artist", "title", "playlist"), *rows_of(world)])
            sgp.extract(world.name, root / f"{world.name}.csv", experiments_dir=root)
            compare(world.name, root, None, asked.share)
        if not asked.sources:
            sgp.extract("sample", sample=True, experiments_dir=root)
            compare("sample", root, None, asked.share)


if __name__ == "__main__":
    main()
