"""t-SNE: its forces equal the direct sums, and it keeps nearest neighbours together."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import skipgramophone as package
from skipgramophone.errors import SettingError
from skipgramophone.lookup.exact_search import nearest_to_each
from skipgramophone.maps import projection
from skipgramophone.maps.repulsion import MOST_CELLS, RepulsionGrid, direct_forces, spline
from skipgramophone.maps.tsne import attraction, by_tsne
from tests.conftest import run_sgp

RUN = "import sys; from skipgramophone.cli.app import main; main()"


def test_splines_sum_to_one_and_reproduce_positions() -> None:
    offset = np.linspace(0, 1, 11)
    values, slopes = spline(offset)
    np.testing.assert_allclose(values.sum(axis=1), 1)
    np.testing.assert_allclose(values @ [-1, 0, 1, 2], offset, atol=1e-12)
    np.testing.assert_allclose(slopes.sum(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(slopes @ [-1, 0, 1, 2], 1)
    later, _ = spline(offset + 1e-6)
    np.testing.assert_allclose((later - values) / 1e-6, slopes, atol=1e-5)


@pytest.mark.parametrize(("spread", "tolerance"), [(0.01, 0.005), (1, 0.005), (10, 0.02), (40, 0.06)])
def test_repulsion_equals_the_sum_over_all_pairs(spread: float, tolerance: float) -> None:
    plane = (np.random.default_rng(3).standard_normal((400, 2)) * spread).astype(np.float32)
    apart = plane[:, None].astype(np.float64) - plane
    kernel = 1 / (1 + (apart**2).sum(axis=-1))
    expected = (apart * kernel[..., None] ** 2).sum(axis=1)
    exact, pairs = direct_forces(plane)
    np.testing.assert_allclose(exact, expected, rtol=1e-6, atol=1e-9)
    assert pairs == pytest.approx(kernel.sum() - len(plane))
    grid = RepulsionGrid()
    for _ in range(2):  # the second call uses the kernel of the first
        forces, normalizer = grid.forces(plane)
        assert normalizer == pytest.approx(kernel.sum() - len(plane), rel=tolerance)
        assert ((forces - expected) ** 2).mean() ** 0.5 < tolerance * (expected**2).mean() ** 0.5


def test_a_wide_plane_and_a_single_place_are_computed() -> None:
    far = np.array([[0, 0], [0, 1], [5 * MOST_CELLS, 3]], np.float32)
    forces, _ = RepulsionGrid().forces(far)
    assert np.isfinite(forces).all()
    forces, normalizer = RepulsionGrid().forces(np.zeros((3, 2), np.float32))
    np.testing.assert_allclose(forces, 0, atol=1e-5)
    assert normalizer == pytest.approx(6, rel=0.01)


def test_attraction_is_symmetric_and_counts_mutual_neighbours_twice() -> None:
    # 0 and 1 name each other, 2 names 0: weights 1 + 1 and 1, over both directions 6.
    expected = np.array([[0, 2, 1], [2, 0, 0], [1, 0, 0]]) / 6
    np.testing.assert_allclose(attraction(np.array([[1], [0], [0]])).toarray(), expected, rtol=1e-6)


def test_neighbours_stay_together_and_the_seed_decides() -> None:
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(6), 12)
    centre = (rng.standard_normal((6, 20))[groups] + 0.5 * rng.standard_normal((72, 20))).astype(np.float32)
    near, _ = nearest_to_each(centre, 11)
    start = projection.by_components(centre)
    seen: list[int] = []
    plane = by_tsne(near, start, 1, lambda done, of: seen.append(of - done))
    assert seen == list(range(len(seen), 0, -1))
    assert plane.dtype == np.float32
    assert np.isfinite(plane).all()
    preserved = projection.preserved_share(plane, near, 1)
    assert preserved > max(0.8, projection.preserved_share(start, near, 1) + 0.1)
    np.testing.assert_array_equal(plane, by_tsne(near, start, 1))
    assert not np.array_equal(plane, by_tsne(near, start, 2))


def test_tracks_with_equal_vectors_get_different_places() -> None:
    centre = np.ones((40, 3), np.float32)
    near, _ = nearest_to_each(centre, 15)
    plane = projection.project("tsne", centre, near, seed=1)
    assert np.isfinite(plane).all()
    assert len(np.unique(plane, axis=0)) == 40


def test_auto_is_tsne_except_for_few_tracks() -> None:
    with pytest.raises(SettingError, match="t-SNE needs more than 30 tracks: use projection='pca'"):
        projection.choose_projection("tsne", 30)
    assert projection.choose_projection("auto", 30) == "pca"
    assert projection.choose_projection("auto", 31) == "tsne"
    assert projection.choose_projection("pca", 1000) == "pca"


def test_the_default_map_is_drawn_by_tsne(sample_root: Path, tmp_path: Path) -> None:
    steps: list[tuple[str, float, int]] = []
    package.draw_map(
        "demo",
        tmp_path / "map.html",
        package.MapSettings(top=40),
        experiments_dir=sample_root,
        progress=lambda *step: steps.append(step),
    )
    done = [step[1] for step in steps]
    assert done == sorted(done)
    assert done[-1] == 4
    assert ("projecting by t-SNE: iteration 75 of 750", 1 + 74 / 750, 5) in steps
    assert "(t-SNE) preserves" in (tmp_path / "map.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_map_preserves_neighbours_and_has_the_same_bytes_with_one_thread(sample_root: Path, tmp_path: Path) -> None:
    options = ("--top", "1000", "--experiments-dir", str(sample_root))
    ran = run_sgp("map", "demo", "-o", tmp_path / "pca.html", "--projection", "pca", *options)
    assert "principal components, preserves" in ran.out
    report = package.draw_map("demo", tmp_path / "a.html", package.MapSettings(top=1000), experiments_dir=sample_root)
    assert (report.projection, report.preserved > 0.4) == ("tsne", True)
    again = ("map", "demo", "-o", str(tmp_path / "b.html"), *options)
    one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    subprocess.run([sys.executable, "-c", RUN, *again], check=True, env=os.environ | one_thread)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
