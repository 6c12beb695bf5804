"""Partitioning and numbering of strings, compared with Python."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from skipgramophone.playlists.encoding import numbering
from skipgramophone.playlists.encoding.numbering import Numbering
from skipgramophone.playlists.encoding.partitioning import first_bytes, partition_by_letters

STRINGS = st.lists(
    st.one_of(st.text("aé\0", max_size=3), st.text("ab", min_size=6, max_size=10), st.text()), max_size=30
)


def array_of(strings: list[str]) -> pa.Array:
    """Return strings as an array with an offset into its buffers."""
    return pa.array(["in front", *strings], pa.large_string())[1:]


@given(STRINGS)
def test_first_bytes_are_the_first_eight_bytes_as_a_number(strings: list[str]) -> None:
    expected = [int.from_bytes(string.encode()[:8].ljust(8, b"\0"), "big") for string in strings]
    assert first_bytes(array_of(strings)).tolist() == expected


@given(STRINGS)
def test_parts_contain_all_strings_in_order_with_equal_ones_together(strings: list[str]) -> None:
    parts = partition_by_letters(array_of(strings * 2))
    held: dict[str, int] = {}
    for part in range(len(parts)):
        places = parts.places(part)
        assert np.all(np.diff(places) > 0)
        assert parts.part(part).to_pylist() == [(strings * 2)[place] for place in places]
        for string in parts.part(part).to_pylist():
            assert held.setdefault(string, part) == part
    assert sorted(parts.order.tolist()) == list(range(2 * len(strings)))


def test_many_strings_are_spread_over_all_parts() -> None:
    names = [f"spotify:track:{number:022}" for number in range(6400)]
    sizes = np.diff(partition_by_letters(array_of(names)).ends)
    assert len(sizes) == 64
    assert sizes.min() > 50  # of 100
    assert sizes.max() < 200


BLOCKS = st.lists(st.lists(st.sampled_from(["", "a", "b", "ab", "a long one", "another long one", None])), max_size=4)


@given(BLOCKS, st.integers(0, 9))
def test_numbers_map_back_to_the_value_of_each_row(blocks: list[list[str | None]], few: int) -> None:
    with patch.object(numbering, "FEW_VALUES", few):
        found = Numbering(pa.large_string(), partition_by_letters)
        for block in blocks:
            found.add(pa.array(block, pa.large_string()).dictionary_encode())
        codes, values = found.finish()
    names = [*values.to_pylist(), None]  # the last is -1
    assert [names[code] for code in codes] == [name for block in blocks for name in block]
    assert len(set(values.to_pylist())) == len(values)
