"""Times that are converted together equal those that are converted one by one."""

from __future__ import annotations

import math

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.playlists.readers.histories import EARLIEST, seconds_since_1970
from skipgramophone.playlists.readers.numeric_times import LATEST
from skipgramophone.playlists.readers.ordering import seconds_of_all

USUAL = ["2021-06-01T10:00:00Z", "2021-06-01T10:00:00", "2021-06-01 10:00", "1969-12-31 23:59:59Z", "1000-01-01 00:00"]
LETTERS = "0123459 TZ:-+.é"


@st.composite
def changed(draw: st.DrawFn) -> str:
    """A usual time in which up to two letters are replaced, so that it keeps its length."""
    letters = list(draw(st.sampled_from(USUAL)))
    for place in draw(st.lists(st.integers(0, len(letters) - 1), max_size=2)):
        letters[place] = draw(st.sampled_from(LETTERS))
    return "".join(letters)


@given(st.lists(changed(), min_size=1, max_size=3), st.integers(1, 3))
@example(["2021-06-01T10:00:00C"], 2)
@example(["2021-06-01T10:00+02"], 2)
@example(["0999-12-31T23:59:59Z", "3000-01-01T00:00:00Z"], 1)
@example(["2021-06-01T10:00:0ZZ"], 2)
def test_times_of_one_form(texts: list[str], repeats: int) -> None:
    texts = texts * repeats
    each = [seconds_since_1970(text) for text in texts]
    expected = [math.nan if one is None or not EARLIEST <= one <= LATEST else one for one in each]
    found = seconds_of_all(pa.array(texts, TEXT)).tolist()
    assert [repr(one) for one in found] == [repr(float(one)) for one in expected]


def test_no_times_at_all() -> None:
    assert seconds_of_all(pa.array([], TEXT)).tolist() == []
