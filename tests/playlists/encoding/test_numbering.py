"""Numbering the values of a column, block by block."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from skipgramophone.playlists.encoding import numbering
from skipgramophone.playlists.encoding.numbering import Numbering, number_keys, number_pairs
from skipgramophone.playlists.encoding.partitioning import partition_by_letters

NAMES = 20_000  # more than `FEW_VALUES`, so that there are several parts
BLOCKS = 40


def test_memory_does_not_grow_with_blocks_of_known_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbering, "PENDING", NAMES)  # number the pending values after every second block
    names = pa.array([f"the name of track {number}" for number in range(NAMES)], pa.large_string())
    column = Numbering(pa.large_string(), partition_by_letters)
    used = []
    for block in range(BLOCKS):
        some = pa.concat_arrays([names, pa.array([f"new in block {block}"], pa.large_string())])
        column.add(some.dictionary_encode())
        used.append(pa.total_allocated_bytes())
    # A new name per block needs a few bytes. The bound is much less than the size of all names.
    assert used[-1] - used[BLOCKS // 2 - 1] < 0.5 * names.nbytes
    codes, values = column.finish()
    expected = [f"the name of track {number}" for number in range(NAMES)]
    rows = codes.reshape(BLOCKS, NAMES + 1)
    assert values.take(pa.array(rows[7])).to_pylist() == [*expected, "new in block 7"]
    assert np.array_equal(rows[0, :-1], rows[-1, :-1])
    assert len(values) == NAMES + BLOCKS


@pytest.mark.parametrize(
    "blocks",
    [
        ["", "a", "aa"],
        ["aa", "aab"],
        ["aa", "b", "a"],
        ["--", "-", "a-"],
        ["--", "--"],
        ["aa", "--", "aa"],
        ["ab", "aa"],
        ["-a"],
        [],
    ],
)
def test_columns_that_begin_with_equal_rows_are_numbered_like_others(
    monkeypatch: pytest.MonkeyPatch, blocks: list[str]
) -> None:
    monkeypatch.setattr(numbering, "ROWS_AT_ONCE", 2)
    column = Numbering(pa.large_string(), partition_by_letters)
    for block in blocks:  # one letter per row; "-" is null
        rows = [None if letter == "-" else letter for letter in block]
        column.add(pa.array(rows, pa.large_string()).dictionary_encode())
    codes, values = column.finish()
    every = "".join(blocks)
    order = [letter for letter in dict.fromkeys(every) if letter != "-"]  # of first appearance
    assert values.to_pylist() == order
    assert values.type == pa.large_string()
    assert codes.tolist() == [-1 if letter == "-" else order.index(letter) for letter in every]
    assert codes.dtype == np.int32


@pytest.mark.parametrize("possible", [300, 10**12])  # with and without a table of all possible keys
@pytest.mark.parametrize("few", [0, 5, 1 << 14])
def test_keys_are_numbered_in_order_of_first_appearance(
    monkeypatch: pytest.MonkeyPatch, possible: int, few: int
) -> None:
    monkeypatch.setattr(numbering, "ROWS_AT_ONCE", 64)
    monkeypatch.setattr(numbering, "PENDING", 100)
    monkeypatch.setattr(numbering, "FEW_VALUES", few)
    keys = np.random.default_rng(5).integers(0, 300, 1000) * (possible // 300)
    codes, distinct = number_keys(len(keys), lambda part: keys[part], possible)
    order = {key: number for number, key in enumerate(dict.fromkeys(keys.tolist()))}
    assert codes.tolist() == [order[key] for key in keys.tolist()]
    assert distinct == len(order)


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
