"""Small corpora of extreme shapes, and models whose settings have the smallest or largest allowed values."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import skipgramophone as sgp
from tests.conftest import Row, dump_text

Lists = list[list[int]]  # numbers of tracks of each playlist


def _zipf(draws: random.Random) -> Lists:
    """Playlists of tracks whose counts fall like 1 / rank."""
    weights = [1 / (rank + 1) for rank in range(400)]
    return [draws.choices(range(400), weights, k=draws.randint(1, 60)) for _ in range(200)]


SHAPES: dict[str, Callable[[random.Random], Lists]] = {
    "one-playlist": lambda draws: [list(range(50))],
    "two-tracks": lambda draws: [[0, 1]],
    "pairs": lambda draws: [[2 * pair, 2 * pair + 1] for pair in range(60)],
    "giant": lambda draws: [list(range(5000)), *([draws.randrange(5000), draws.randrange(5000)] for _ in range(30))],
    "only-repeats": lambda draws: [[track] * 9 + [track + 1] * 9 for track in range(40)],
    "same-playlist": lambda draws: [list(range(30)) for _ in range(50)],
    "singles-and-one": lambda draws: [*([track] for track in range(60)), list(range(20))],
    "one-everywhere": lambda draws: [[0, *draws.sample(range(1, 300), 5)] for _ in range(200)],
    "power-law": _zipf,
}
SETTINGS: dict[str, sgp.TrainSettings] = {
    "one dimension": sgp.TrainSettings(window_size="bag", embedding_dim=1, epochs=2),
    "more dimensions than tracks": sgp.TrainSettings(window_size="bag", embedding_dim=500, epochs=1),
    "narrow window": sgp.TrainSettings(window_size=1, embedding_dim=8, epochs=2, negatives=1),
    "negative exponent": sgp.TrainSettings(window_size="bag", embedding_dim=8, epochs=2, noise_exponent=-2),
    "large exponent": sgp.TrainSettings(window_size="bag", embedding_dim=8, epochs=2, noise_exponent=2, subsample=1),
    "subsampled": sgp.TrainSettings(window_size="bag", embedding_dim=8, epochs=2, subsample=1e-4),
    "no rare tracks": sgp.TrainSettings(window_size="bag", embedding_dim=8, epochs=2, min_count=4),
    "small steps": sgp.TrainSettings(window_size="bag", embedding_dim=8, epochs=1, learning_rate=1e-30),
    "large steps": sgp.TrainSettings(window_size="bag", embedding_dim=8, epochs=2, learning_rate=5.0),
    "large seed": sgp.TrainSettings(window_size="auto", embedding_dim=8, epochs=2, random_seed=2**63 - 1),
    "no factors": sgp.TrainSettings(window_size="bag", embedding_dim=8, epochs=2, factors=False),
}


def rows_of(lists: Lists) -> list[Row]:
    """Rows of owner, artist, title and playlist; each artist has about four tracks, and there are no joint credits."""
    return [
        (f"owner {number % 7}", f"artist {track // 4}", f"title {track}", f"list {number}")
        for number, tracks in enumerate(lists)
        for track in tracks
    ]


def make_shape(root: Path, shape: str, settings: sgp.TrainSettings, name: str) -> None:
    """Extract and train a corpus of a shape."""
    dump = root / f"{name}.csv"
    dump.write_text(dump_text(rows_of(SHAPES[shape](random.Random(7)))))
    sgp.extract(name, [dump], experiments_dir=root)
    sgp.train(name, settings, experiments_dir=root)
