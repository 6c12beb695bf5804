"""The curve of the loss in block characters: its scale is logarithmic, and the line below it numbers the values."""

from __future__ import annotations

import pytest

from skipgramophone.cli import render


def test_a_curve_has_a_logarithmic_scale_and_an_axis(capsys: pytest.CaptureFixture[str]) -> None:
    render.curve("loss", [8.0, 4.0, 2.0, 1.0], "epoch", height=3)
    # log2 is 3, 2, 1, 0: with 3 rows of 8 eighths, 1 + 23/3 per halving, so 24, 16, 9 and 1 eighths
    assert capsys.readouterr().out.splitlines() == [
        "loss",
        "    8.000 ████",
        "          ████████▁▁▁▁",
        "    1.000 ████████████▁▁▁▁",
        "    epoch 1              4",
    ]


def test_a_curve_averages_values_if_there_are_too_many(capsys: pytest.CaptureFixture[str]) -> None:
    render.curve("loss", [3.0] * 100 + [1.0] * 100, "epoch", height=1)  # 88 columns of up to 3 values
    *_, bars, axis = capsys.readouterr().out.splitlines()
    # the column in the middle is the mean of 3, 1 and 1: 1 + 7 log(5/3) / log(3) = 4.25 eighths
    assert bars == "    3.000 " + "█" * 33 + "▄" + "▁" * 33
    assert axis == "    epoch 1" + "200".rjust(66)


@pytest.mark.parametrize("values", [[2.0, 2.0], [1e-300, 1e300]])
def test_equal_and_extreme_values_are_drawn(values: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    render.curve("loss", values, "epoch")
    assert len(capsys.readouterr().out.splitlines()) == 10
