"""Sorting rows by playlist: with small bands, the order is that of NumPy's stable sort."""

from __future__ import annotations

import numpy as np
import pytest

from skipgramophone.playlists.encoding import arrangement, numbering
from skipgramophone.playlists.encoding.arrangement import Arrangement
from skipgramophone.playlists.encoding.cleaning import offsets_of

ROWS, PLAYLISTS = 1000, 60


@pytest.mark.parametrize("in_band", [1, 70, 1 << 24])
@pytest.mark.parametrize("at_once", [37, 1 << 20])
def test_rows_are_sorted_by_playlist_and_keep_their_order(
    monkeypatch: pytest.MonkeyPatch, in_band: int, at_once: int
) -> None:
    monkeypatch.setattr(arrangement, "ROWS_PER_BAND", in_band)
    monkeypatch.setattr(numbering, "ROWS_AT_ONCE", at_once)
    rng = np.random.default_rng(3)
    playlist = rng.integers(0, PLAYLISTS, ROWS).astype(np.int32)
    playlist[:400] = 7  # a playlist that is longer than a band
    order = np.argsort(playlist, kind="stable")
    found = Arrangement(playlist, offsets_of(np.bincount(playlist, minlength=PLAYLISTS)))
    assert np.array_equal(found.rows[:], order)
    assert np.array_equal(found.rows[5:9], order[5:9])
    codes = rng.integers(-1, 50, ROWS).astype(np.int32)
    assert np.array_equal(found.sorted(codes), codes[order])


def test_rows_that_are_sorted_already_are_not_copied() -> None:
    playlist, codes = np.repeat(np.arange(4, dtype=np.int32), [3, 0, 2, 1]), np.arange(6, dtype=np.int32)
    found = Arrangement(playlist, np.array([0, 3, 3, 5, 6]))
    assert found.sorted(codes) is codes
    assert found.rows[1:4].tolist() == [1, 2, 3]
    assert found.rows[np.array([4, 0])].tolist() == [4, 0]
    assert found.rows[:].tolist() == list(range(len(found.rows))) == [0, 1, 2, 3, 4, 5]


def test_a_column_with_one_value_needs_no_file() -> None:
    playlist, codes = np.array([1, 0, 1], np.int32), np.broadcast_to(np.int32(-1), 3)
    assert Arrangement(playlist, np.array([0, 1, 3])).sorted(codes) is codes
