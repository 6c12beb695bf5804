"""The artists of the tracks of a model: how many seeds have an artist in common with a track, counted by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skipgramophone.errors import ExperimentError
from skipgramophone.evaluation.rankers import ArtistsInCommon
from skipgramophone.experiment.artists import artists_of
from skipgramophone.experiment.track_artists import TrackArtists, read_track_artists, track_artists

WRITTEN = ["Queen", "Queen, David Bowie", "David Bowie", "Toto", "Various Artists", ""]


@pytest.fixture
def artists() -> TrackArtists:
    return track_artists(artists_of(WRITTEN))


def test_a_seed_with_two_artists_counts_half_for_each(artists: TrackArtists) -> None:
    found = artists.in_common(np.array([1]), np.array([1.0]))
    np.testing.assert_array_equal(found, np.array([0.5, 1, 0.5, 0, 0, 0], np.float32))


def test_weights_of_seeds_add_up_and_may_be_negative(artists: TrackArtists) -> None:
    found = artists.in_common(np.array([0, 2, 3]), np.array([2.0, -1.0, 0.5]))
    np.testing.assert_array_equal(found, np.array([2, 1, -1, 0.5, 0, 0], np.float32))


def test_tracks_without_an_artist_have_none_in_common(artists: TrackArtists) -> None:
    assert not artists.in_common(np.array([4, 5]), np.ones(2)).any()


def test_the_matrix_of_evaluate_gives_the_same_numbers_also_for_some_tracks(artists: TrackArtists) -> None:
    from scipy import sparse

    kept = artists.take(np.array([1, 2, 4]))
    expected = np.stack([artists.in_common(np.array([row]), np.ones(1))[[1, 2, 4]] for row in (1, 2, 4)])
    np.testing.assert_array_equal(ArtistsInCommon(kept.matrix()).scores(sparse.eye_array(3, format="csr")), expected)
    np.testing.assert_array_equal(kept.in_common(np.array([0]), np.ones(1)), expected[0])


def test_a_written_file_is_read_back(artists: TrackArtists, tmp_path: Path) -> None:
    assert read_track_artists(tmp_path, len(WRITTEN)) is None
    artists.write(tmp_path)
    found = read_track_artists(tmp_path, len(WRITTEN))
    assert found is not None
    assert found.tracks == len(WRITTEN)
    np.testing.assert_array_equal(found.matrix().toarray(), artists.matrix().toarray())


@pytest.mark.parametrize(
    "damaged",
    [
        [[0, 2, 1], [0, 1, 2]],  # rows out of order
        [[0, 1, 6], [0, 1, 2]],  # a row outside the catalogue
        [[-1, 1, 2], [0, 1, 2]],
        [[0, 1, 2], [0, 1, 2**30]],  # a number that would need gigabytes of memory
        [[0, 1, 2], [0, -1, 2]],
        [[0, 1, 2]],
    ],
)
def test_a_damaged_file_is_refused(damaged: list[list[int]], tmp_path: Path) -> None:
    np.save(tmp_path / "artists.npy", np.array(damaged, np.int32))
    with pytest.raises(ExperimentError, match=r"artists\.npy does not match its catalogue of 6 tracks"):
        read_track_artists(tmp_path, len(WRITTEN))
