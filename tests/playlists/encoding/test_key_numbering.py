"""Numbering rows by integer keys."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from skipgramophone.playlists.encoding import key_numbering, numbering
from skipgramophone.playlists.encoding.key_numbering import number_keys


def in_order_of_appearance(keys: list[int]) -> list[int]:
    """Return the numbers by definition: a new key gets the next number."""
    number: dict[int, int] = {}
    return [number.setdefault(key, len(number)) for key in keys]


@pytest.mark.parametrize("few", [0, 1 << 14])  # with parts, and without
@pytest.mark.parametrize("distinct", [1, 3, 1000])
@pytest.mark.parametrize("longest_run", [1, 5])
def test_numbers_are_in_order_of_first_appearance(
    monkeypatch: pytest.MonkeyPatch, few: int, distinct: int, longest_run: int
) -> None:
    monkeypatch.setattr(numbering, "ROWS_AT_ONCE", 64)
    monkeypatch.setattr(key_numbering, "FEW_VALUES", few)
    random = np.random.default_rng(distinct + longest_run)
    known = random.integers(-(1 << 62), 1 << 62, distinct)
    keys = np.repeat(random.choice(known, 700), random.integers(1, longest_run + 1, 700))
    codes = number_keys(len(keys), lambda part: keys[part])
    assert codes.dtype == np.int32
    assert codes.tolist() == in_order_of_appearance(keys.tolist())


def test_no_rows() -> None:
    def never(part: slice) -> npt.NDArray[np.int64]:
        raise AssertionError(part)

    codes = number_keys(0, never)
    assert codes.dtype == np.int32
    assert not len(codes)
