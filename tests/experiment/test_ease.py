"""EASE: its weights compared with the equations of the paper, its files, and the scores of look-ups."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from skipgramophone.errors import ExperimentError, SgpError
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.ease import PlaylistWeights, TrackWeights, read_ease
from skipgramophone.experiment.embeddings import Embeddings
from skipgramophone.training import regression
from skipgramophone.training.regression import fit_ease, has_ease, write_ease

SHAPES = [(10, 30, PlaylistWeights), (30, 10, TrackWeights)]
ROUNDED = 1e-3  # half-precision weights, relative to the largest score


def as_sparse(matrix: npt.NDArray[Any]) -> Any:
    """Return a matrix as a scipy.sparse.csr_array of float32."""
    from scipy import sparse

    return sparse.csr_array(matrix.astype(np.float32))


def held(playlists: int, tracks: int) -> npt.NDArray[np.float64]:
    """Return playlists that each contain about a third of the tracks, as ones and zeros."""
    return (np.random.default_rng(1).random((playlists, tracks)) < 0.35).astype(np.float64)


def dense_ease(x: npt.NDArray[np.float64], regularization: float) -> npt.NDArray[np.float64]:
    """Return the weights B of EASE by the inverse over tracks, as in Steck's paper."""
    inverse = np.linalg.inv(x.T @ x + regularization * np.eye(x.shape[1]))
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return np.asarray(weights)


@pytest.mark.parametrize(("playlists", "tracks", "kind"), SHAPES)
@pytest.mark.parametrize("regularization", [0.5, 20.0])
def test_weights_by_playlists_and_by_tracks_are_those_of_the_paper(
    playlists: int, tracks: int, kind: type, regularization: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regression, "COMPUTED", 7 * playlists)  # several blocks of tracks
    monkeypatch.setattr(regression, "BLOCK", 3)  # several blocks of the inverse
    x, given = held(playlists, tracks), np.random.default_rng(2).random((4, tracks)).round()
    ease = fit_ease(as_sparse(x), regularization)
    assert type(ease) is kind
    np.testing.assert_allclose(ease.scores(as_sparse(given)), given @ dense_ease(x, regularization), atol=1e-5)


def test_a_column_of_weights_is_the_ridge_regression_of_a_track_on_all_other_tracks() -> None:
    x, track = held(30, 10), 4
    others = np.delete(x, track, axis=1)
    ridge = np.linalg.solve(others.T @ others + 5 * np.eye(9), others.T @ x[:, track])
    weights = fit_ease(as_sparse(x), 5.0).scores(as_sparse(np.eye(10)))
    np.testing.assert_allclose(np.delete(weights[:, track], track), ridge, atol=1e-5)


@pytest.mark.parametrize(("playlists", "tracks", "_kind"), SHAPES)
def test_a_model_scores_tracks_by_the_regression_over_its_playlists(
    tmp_path: Path, playlists: int, tracks: int, _kind: type
) -> None:
    x = held(playlists, tracks)
    x[:, 3] = 0  # no playlist has this track
    ids = [np.flatnonzero(row) for row in x]
    corpus = Corpus(np.concatenate(ids).astype(np.int32), np.cumsum([0, *map(len, ids)]).astype(np.int64))
    vectors = np.ones((tracks, 2), np.float32)
    vectors[5] = 0  # a track without a vector
    write_ease(tmp_path, corpus, Embeddings(vectors, vectors, vectors[:, 0]))
    ease = read_ease(tmp_path, tracks)
    assert ease is not None
    assert ease.regularization == 50
    learnt = np.delete(np.arange(tracks), 5)
    weights = np.zeros((tracks, tracks))
    weights[np.ix_(learnt, learnt)] = dense_ease(x[:, learnt], 50)
    given, wanted = np.array([7, 2, 3, 9]), np.array([9, 0, 5, 2, 8, 3, 3])
    asked = np.zeros(tracks)
    asked[given] = [1, -0.5, 2, 0.25]
    expected = asked @ weights
    close = {"rtol": 0, "atol": ROUNDED * np.abs(expected).max()}
    np.testing.assert_allclose(ease.scores_of(given, asked[given], wanted), expected[wanted], **close)

    # A copy for some of the tracks has the same weights under other numbers.
    some = np.array([0, 2, 5, 7, 8, 9])
    only = np.where(np.isin(np.arange(tracks), some), asked, 0)
    found = ease.take(some).scores(as_sparse(only[None, some]))[0]
    np.testing.assert_allclose(found, (only @ weights)[some], **close)


@pytest.mark.parametrize(("playlists", "tracks", "_kind"), SHAPES)
def test_files_that_do_not_match_are_refused(tmp_path: Path, playlists: int, tracks: int, _kind: type) -> None:
    assert read_ease(tmp_path, tracks) is None
    fit_ease(as_sparse(held(playlists, tracks)), 1.0).renumbered(np.arange(tracks), tracks).write(tmp_path)
    assert read_ease(tmp_path, tracks) is not None
    with pytest.raises(ExperimentError, match="run sgp train again with --force"):
        read_ease(tmp_path, tracks - 1)
    right = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for path, content in right.items():
        if path.suffix == ".npy":
            array = np.load(path)
            changed = [array[:-1], array.astype(np.int64), array[..., None], array[:0]]
            if array.dtype == np.int32:
                changed += [array + 1000, array - 1000, array[..., ::-1]]
            for wrong in changed:
                np.save(path, wrong)
                with pytest.raises(ExperimentError):
                    read_ease(tmp_path, tracks)
        else:
            for record in ({}, {"pairs": "tracks"}, json.loads(content) | {"regularization": 0}):
                path.write_text(json.dumps(record))
                with pytest.raises(ExperimentError):
                    read_ease(tmp_path, tracks)
        path.unlink()
        if path.name != "ease.npy":
            with pytest.raises(SgpError):
                read_ease(tmp_path, tracks)
        path.write_bytes(content)
    assert read_ease(tmp_path, tracks) is not None


def test_large_corpora_have_no_ease() -> None:
    # Either number may be large if the other is small, because the weights are computed for pairs of the fewer.
    assert has_ease(5000, 1_000_000)
    assert has_ease(1_000_000, 5000)
    assert not has_ease(5001, 5001)
    assert not has_ease(0, 10)
