"""Measures which learning rate and how many epochs suit corpora of different sizes, for docs/training.md.

python -m benchmarks.learning_rates [--sizes 200000 1000000 5000000 20000000]

The corpora are synthetic (`synthetic_corpus.py`), with 50 occurrences per track. 500 playlists are held out. The
quality is the NDCG@500 of the ranking by cosine on these playlists, for 10 of 25 given tracks (continuation) and for
one given track (lookup).
"""

from __future__ import annotations

import argparse

import numpy as np

from benchmarks.cosine_quality import CosineQuality
from benchmarks.synthetic_corpus import synthetic_corpus
from skipgramophone.settings import TrainSettings

PER_TRACK = 50  # occurrences
HELD_OUT = 500
RATES = (0.05, 0.1, 0.2, 0.4, 0.8)
MOST_TOKENS = 60_000_000  # limit for one training run
EPOCHS = (1, 3, 10, 30)


def measure(size: int, dimensions: int) -> None:
    """Print the quality for each learning rate and number of epochs on a corpus of `size` occurrences."""
    made = synthetic_corpus(size // PER_TRACK, size)
    corpus, tracks = made.corpus, len(made.scene)
    held_out = np.zeros(len(corpus), np.bool_)
    held_out[np.random.default_rng(1).choice(len(corpus), HELD_OUT, replace=False)] = True
    part = corpus.playlists(np.flatnonzero(~held_out))
    quality = CosineQuality(corpus, tracks, part=part, held_out=held_out)
    for epochs in (some for some in EPOCHS if some * size <= MOST_TOKENS):
        for rate in RATES:
            settings = TrainSettings(
                window_size="bag", embedding_dim=dimensions, epochs=epochs, learning_rate=rate, factors=False
            )
            found = quality.measure(settings)
            values = " ".join(f"{card.values['ndcg'].mean():.4f}" for card in found.cards)
            print(
                f"{size:>11,} {epochs:>3} epochs, rate {rate:<5} {values}   {found.seconds:.0f} s of processors",
                flush=True,
            )


def main() -> None:
    """Measure all sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[200_000, 1_000_000, 5_000_000, 20_000_000])
    parser.add_argument("--dimensions", type=int, default=64)
    asked = parser.parse_args()
    print("occurrences; NDCG@500 of continuation and look-up")
    for size in asked.sizes:
        measure(size, asked.dimensions)


if __name__ == "__main__":
    main()
