"""Numbers that are divided into bands."""

from __future__ import annotations

import numpy as np

from skipgramophone.experiment.bands import Bands


def test_each_band_keeps_the_order_of_its_numbers() -> None:
    bands = Bands(np.array([0, 3, 3, 5]))
    bands.add(np.array([2, 0, 0], np.uint8), np.array([50, 20, 10]))
    bands.add(np.array([0, 2], np.uint8), np.array([30, 40]))
    assert [bands.numbers[part].tolist() for part in bands.parts()] == [[20, 10, 30], [], [50, 40]]
