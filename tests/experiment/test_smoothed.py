"""Smoothed vectors: compared with their definition, their file, and the scores of look-ups."""

from __future__ import annotations

import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import skipgramophone as sgp
from skipgramophone.errors import ExperimentError
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Embeddings, read_embeddings
from skipgramophone.lookup.ranking import reliability, smoothed_term
from skipgramophone.lookup.results import Seed
from skipgramophone.lookup.search import Search
from skipgramophone.training.smoothing import write_smoothed
from tests.conftest import run_sgp

PLAYLISTS = [[0, 1, 2, 1], [1, 2], [3, 0, 5], [3]]  # track 4 is in no playlist, and track 5 has no vector
Vectors = npt.NDArray[np.float64]
HALF = 1e-3  # rounding of half-precision numbers


def unit(rows: Vectors) -> Vectors:
    """Scale rows to length 1, and leave zeros unchanged."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length > 0, length, 1))


def by_definition(playlists: list[list[int]], centre: Vectors) -> Vectors:
    """Compute smoothed vectors track by track, as the formulas say."""
    vectors, sums = unit(centre), np.zeros_like(centre)
    for playlist in playlists:
        tracks = sorted(set(playlist))
        mean = unit(vectors[tracks].sum(axis=0)[None])[0]
        for track in tracks:
            sums[track] += mean / np.sqrt(len(tracks))
    return np.where(np.any(centre, axis=1, keepdims=True), unit(sums), 0)


def test_smoothed_vectors_are_those_of_the_definition(tmp_path: Path) -> None:
    centre = np.random.default_rng(3).standard_normal((6, 4)).astype(np.float32)
    centre[5] = 0
    embeddings = Embeddings(centre, centre, np.zeros(6, np.float32))
    embeddings.write(tmp_path)
    ids, lengths = np.concatenate(PLAYLISTS).astype(np.int32), [len(playlist) for playlist in PLAYLISTS]
    write_smoothed(tmp_path, Corpus(ids, np.concatenate([[0], np.cumsum(lengths)])), embeddings)
    smoothed = read_embeddings(tmp_path, 6).smoothed
    assert smoothed is not None
    assert smoothed.dtype == np.float16
    np.testing.assert_allclose(smoothed, by_definition(PLAYLISTS, centre.astype(np.float64)), atol=HALF)
    assert not smoothed[[4, 5]].any()


def test_training_writes_the_smoothed_vectors_of_its_corpus(sample_root: Path) -> None:
    with sgp.open("demo", sample_root) as demo:
        corpus, centre = demo.search.corpus, np.asarray(demo.embeddings.centre, np.float64)
        playlists = [corpus.track_ids[first:end].tolist() for first, end in pairwise(corpus.offsets)]
        assert demo.embeddings.smoothed is not None
        np.testing.assert_allclose(demo.embeddings.smoothed, by_definition(playlists, centre), atol=HALF)


def scores_of(search: Search, seed: Seed) -> dict[int, float]:
    """Return the score of each row by the hybrid ranking."""
    rows, scores = search.scored(search.question([seed], ()), sgp.SimilarSettings())
    return dict(zip(rows.tolist(), scores.tolist(), strict=True))


def test_a_look_up_adds_the_smoothed_cosine_unless_the_playlists_agree(sample_root: Path) -> None:
    with sgp.open("demo", sample_root) as demo:
        opened = demo.search.opened
        earlier = Search(replace(opened, embeddings=replace(opened.embeddings, smoothed=None)))
        seed, counts = Seed(demo.catalogue.track(700)), np.array(demo.catalogue.counts())
        found, without = (scores_of(search, seed) for search in (demo.search, earlier))
        smoothed, cosines = demo.embeddings.smoothed, demo.search.exact.cosines(demo.search.question([seed], ()).vector)
        assert smoothed is not None
        near = smoothed.astype(np.float64) @ unit(smoothed[700:701].astype(np.float64))[0]
        agreed = np.sqrt(demo.search.postings.agreement(np.array([700])))
        agreed /= agreed.max()
    for row, score in found.items():
        rarer = min(counts[row], counts[700])
        cosine = 0.4 * cosines[row] * (max(0, 1 - 2 / rarer) - (1 - 1 / rarer))
        expected = without[row] + cosine + 0.4 * (1 - agreed[row] / 2) * near[row]
        assert score == pytest.approx(expected, abs=1e-5)


def test_one_seed_loses_more_of_its_cosine_than_many_seeds() -> None:
    counts = np.array([1, 3, 50])
    for given, lost in ((1, 2.0), (4, 1.25)):
        factors = reliability(counts, 100.0, given, has_smoothed=True)
        np.testing.assert_allclose(factors, [0, 1 - lost / 3, 1 - lost / 50], rtol=1e-6)
    np.testing.assert_allclose(reliability(counts, 2.0, 4, has_smoothed=False), [0, 0.5, 0.5])


def test_full_agreement_halves_the_smoothed_term() -> None:
    cosines, agreed = np.array([0.5, 0.5, -0.5, 0.5], np.float32), np.array([0, 1, 0.5, -1], np.float32)
    np.testing.assert_allclose(smoothed_term(cosines, agreed), [0.2, 0.1, -0.15, 0.1])


def test_damaged_smoothed_vectors_are_refused_in_one_line(sample_root: Path, tmp_path: Path) -> None:
    shutil.copytree(sample_root / "demo", tmp_path / "demo")
    path = tmp_path / "demo" / "model" / "smoothed.npy"
    rows = np.load(path)
    np.save(path, np.full_like(rows, np.inf))
    ran = run_sgp("similar", "demo", "every pencil knows", "--experiments-dir", tmp_path)
    assert ran.code == 1
    assert ran.err.splitlines()[-1].startswith("error: the model contains values that are not finite")
    np.save(path, rows[1:])
    with pytest.raises(ExperimentError, match=r"smoothed\.npy does not match the centre vectors.* sgp train again"):
        read_embeddings(path.parent, len(rows))
