"""Blocks of rows: how names of tracks are encoded."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import skipgramophone as sgp
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.playlists.readers.rows import EXAMINED, encoded_tracks
from tests.conftest import HEADER, dump_text


@pytest.mark.parametrize(
    ("distinct", "entries"),
    [(EXAMINED * 2, EXAMINED * 2), (EXAMINED // 2, EXAMINED // 2)],
    ids=["most are distinct", "many are equal"],
)
def test_strings_keep_their_values(distinct: int, entries: int) -> None:
    strings = pa.array([f"{at % distinct}" for at in range(EXAMINED * 2)], pa.large_string())
    encoded = encoded_tracks(strings)
    assert encoded.dictionary_decode().equals(strings)
    assert len(encoded.dictionary) == entries


@pytest.mark.parametrize("header", [HEADER, "owner,artist,title,playlist"], ids=["zenodo", "table"])
def test_equal_titles_are_one_track_if_most_titles_of_a_large_file_are_distinct(tmp_path: Path, header: str) -> None:
    rng = np.random.default_rng(1)
    repeated = rng.integers(0, 2 * EXAMINED, 900)
    numbers = [*range(2 * EXAMINED), *repeated.tolist()]
    rows = [
        ("u", f"a{at % 7}", f't "{at}"' if at % 100 == 0 else f"t{at}", f"p{row // 50}")
        for row, at in enumerate(numbers)
    ]
    path = tmp_path / "dump.csv"
    if header == HEADER:
        path.write_text(dump_text(rows))
    else:
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([header.split(","), *rows])
    report = sgp.extract("made", path, experiments_dir=tmp_path)
    assert report.rows_used == len(rows)
    catalogue = Catalogue(tmp_path / "made" / "corpus")
    found = {(track.artist, track.title): track.count for track in catalogue.all_tracks()}
    assert found == Counter((artist, title) for _, artist, title, _ in rows)
