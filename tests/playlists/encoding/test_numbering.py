"""Numbering the values of a column, block by block."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from skipgramophone.playlists.encoding import numbering
from skipgramophone.playlists.encoding.numbering import Numbering
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
