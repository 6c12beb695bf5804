"""Artist credits."""

from __future__ import annotations

import pytest

from skipgramophone.names.artist_credits import is_credited


@pytest.mark.parametrize(
    "credit",
    [
        "eminem",
        "eminem, juice wrld",
        "juice wrld, eminem",
        "a,eminem;b",
        "dido feat. eminem",
        "dido ft eminem",
        "d featuring eminem",
    ],
)
def test_an_artist_is_credited_alone_and_together_with_others(credit: str) -> None:
    assert is_credited("eminem", credit, loosely=False)


@pytest.mark.parametrize(
    "credit", ["eminem & dido", "dido with eminem", "eminem x dido", "a / eminem", "eminem vs. dido, b"]
)
def test_some_separators_may_be_a_part_of_a_name(credit: str) -> None:
    assert is_credited("eminem", credit)
    assert not is_credited("eminem", credit, loosely=False)


@pytest.mark.parametrize("credit", ["", "eminems", "the eminem show", "slim eminem", "eminem-dido", "max, eminemx"])
def test_a_word_of_a_name_is_not_an_artist(credit: str) -> None:
    assert not is_credited("eminem", credit)


def test_a_name_with_a_comma_is_one_artist() -> None:
    assert is_credited("tyler, the creator", "yuna, tyler, the creator", loosely=False)
    assert is_credited("earth, wind & fire", "earth, wind & fire, the emotions", loosely=False)
    assert not is_credited("wind & fire", "earth, windy & fire")
