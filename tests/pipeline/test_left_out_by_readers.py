"""Rows that readers leave out are counted in the report, and the corpus can grow after them."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from skipgramophone.errors import SourceError
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.pipeline.extract import extract
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.examples import ITUNES, YOUTUBE_HISTORY


def test_rows_that_a_reader_leaves_out_are_counted_by_reason(tmp_path: Path) -> None:
    (tmp_path / "Library.xml").write_text(ITUNES)
    report = extract("demo", tmp_path / "Library.xml", experiments_dir=tmp_path / "experiments")
    assert (report.rows_used, report.rows_rejected, report.rows_left_out) == (4, 2, 12)
    assert report.rows_read == 18
    assert report.left_out["in system playlists"] == 6


def test_a_history_of_other_videos_does_not_exceed_the_limit_of_rejects(tmp_path: Path) -> None:
    entries = json.loads(YOUTUBE_HISTORY)
    path = tmp_path / "watch-history.json"
    path.write_text(json.dumps([entries[0], *[entries[1]] * 300]))
    report = extract("demo", path, experiments_dir=tmp_path / "experiments")
    assert (report.rows_used, report.left_out) == (1, {"videos that were not played in YouTube Music": 300})
    path.write_text(json.dumps([entries[1]] * 2))
    message = "no row of the sources can be used; left out: 2 videos that were not played in YouTube Music"
    with pytest.raises(SourceError, match=message):
        extract("other", path, experiments_dir=tmp_path / "experiments")


def test_a_corpus_that_grows_after_left_out_rows_equals_one_that_is_read_at_once(tmp_path: Path) -> None:
    library, other = tmp_path / "Library.xml", tmp_path / "more.txt"
    library.write_text(ITUNES)
    other.write_text("Me - Demo\nAda Fenn - Green Door\nThe Hatches - New\n")
    root, settings = tmp_path / "experiments", ExtractSettings(repeats="drop")
    extract("once", [library, other], settings, experiments_dir=root)
    extract("grown", library, settings, experiments_dir=root)
    grown = extract("grown", other, settings, append=True, experiments_dir=root)
    assert grown.left_out == {"repeated within a playlist": 1} | {
        "in system playlists": 6,
        "in folders of playlists": 3,
        "films and TV episodes": 1,
        "in smart playlists": 1,
        "in no playlist": 1,
    }
    places = []
    for name in ("once", "grown"):
        with closing(Catalogue(root / name / "corpus")) as catalogue:
            tracks = catalogue.tracks(range(len(catalogue)))
            places.append(sorted((track.title, track.count, track.first_place) for track in tracks))
    assert places[0] == places[1]
