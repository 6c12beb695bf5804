"""Numbering rows by integer keys."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from skipgramophone.playlists.encoding import key_numbering, numbering
from skipgramophone.playlists.encoding.key_numbering import number_keys, number_pairs


def in_order_of_appearance(keys: list[int]) -> list[int]:
    """Return the numbers by definition: a new key gets the next number."""
    number: dict[int, int] = {}
    return [number.setdefault(key, len(number)) for key in keys]


@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("few", [0, 1 << 14])  # with parts, and without
@pytest.mark.parametrize("distinct", [1, 3, 1000])
@pytest.mark.parametrize("longest_run", [1, 5])
def test_numbers_are_in_order_of_first_appearance(
    monkeypatch: pytest.MonkeyPatch, table: bool, few: int, distinct: int, longest_run: int
) -> None:
    monkeypatch.setattr(numbering, "ROWS_AT_ONCE", 64)
    monkeypatch.setattr(key_numbering, "FEW_VALUES", few)
    random = np.random.default_rng(distinct + longest_run)
    possible = 700 if table else 1 << 62
    known = random.integers(0, possible, distinct)
    keys = np.repeat(random.choice(known, 700), random.integers(1, longest_run + 1, 700))
    codes, found = number_keys(len(keys), lambda part: keys[part], possible)
    assert codes.dtype == np.int32
    assert codes.tolist() == in_order_of_appearance(keys.tolist())
    assert found == len(set(keys.tolist()))


def test_no_rows() -> None:
    def never(part: slice) -> npt.NDArray[np.int64]:
        raise AssertionError(part)

    codes, found = number_keys(0, never, 1)
    assert codes.dtype == np.int32
    assert found == 0
    assert not len(codes)


@pytest.mark.parametrize("constant", ["first", "second", "both", "neither"])
def test_pairs_are_numbered_in_order_of_first_appearance(constant: str) -> None:
    rng = np.random.default_rng(6)
    first, second = (rng.integers(-1, 9, 500).astype(np.int32) for _ in range(2))
    if constant in {"first", "both"}:
        first = np.broadcast_to(np.int32(0), 500)
    if constant in {"second", "both"}:
        second = np.broadcast_to(np.int32(-1), 500)
    codes, distinct = number_pairs((first, 9), (second, 9))
    pairs = list(zip(first.tolist(), second.tolist(), strict=True))
    order = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
    assert codes.tolist() == [order[pair] for pair in pairs]
    assert distinct == len(order)
