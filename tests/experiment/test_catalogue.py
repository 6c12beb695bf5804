"""The track catalogue: what it returns, and how it reports damage."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from skipgramophone.errors import ExperimentError, StorageError, UnknownTrackError
from skipgramophone.experiment.catalogue import FILE, Catalogue
from skipgramophone.experiment.catalogue_writer import TRACKS as TYPES
from skipgramophone.experiment.catalogue_writer import write_catalogue
from skipgramophone.experiment.name_search import NameSearch
from tests.conftest import Sgp, table_of
from tests.experiment.conftest import TRACKS


@pytest.mark.parametrize(
    ("artist", "rows"),
    [("TOM PETTY", [0]), ("twin", [11, 12]), ("sakert!", [2, 3]), ("tom", []), ("", []), ("\udcff", []), ("07", [])],
)
def test_the_tracks_of_an_artist(catalogue: Catalogue, artist: str, rows: list[int]) -> None:
    assert [track.row for track in catalogue.of_artist(artist)] == rows


def test_tracks_are_found_by_uri(catalogue: Catalogue) -> None:
    known = [bool(catalogue.by_uri(uri)) for uri in ("x:petty", "x:nobody", "Fredrik", "\udcff")]
    assert known == [True, False, False, False]


def test_merged_uris_find_their_track(
    sgp: Sgp, write_dump: Callable[..., Path], experiments: Path, tmp_path: Path
) -> None:
    header = '"user_id","artistname","trackname","playlistname","trackuri"\n'
    rows = [("A", "Song", ""), ("a", "SONG", "x:1"), ("A", "Song", "x:2"), ("B", "Other", "x:3"), ("A", "Song", "x:2")]
    text = header + "".join(f'"u","{artist}","{title}","p","{uri}"\n' for artist, title, uri in rows)
    corpus = experiments / "x" / "corpus"
    assert sgp("extract", "x", write_dump(text), "--merge-uris", "-q").code == 0
    with closing(Catalogue(corpus)) as catalogue:
        assert catalogue.all_uris() == [("x:1", 0), ("x:2", 0)]
        search = NameSearch(catalogue)
        found = [search.resolve(uri).track.name for uri in ("x:1", " x:2 ", "x:3")]
        assert found == ["A - Song", "A - Song", "B - Other"]
        assert [bool(catalogue.by_uri(uri)) for uri in ("x:2", "x:3", "x:4")] == [True, True, False]
        assert catalogue.track(0).uri is None
        with pytest.raises(UnknownTrackError):
            search.resolve("x:4")
    more = header + '"u","A","Song","q","x:4"\n"u","A","Song","q","x:1"\n"u","C","New","q","x:5"\n'
    assert sgp("extract", "x", write_dump(more, "more.csv"), "--append", "-q").code == 0
    with closing(Catalogue(corpus)) as catalogue:
        assert catalogue.all_uris() == [("x:1", 0), ("x:2", 0), ("x:4", 0)]
        assert NameSearch(catalogue).resolve("x:5").track.row == 2
    np.savez(
        tmp_path / "v.npz", centre=np.eye(2, dtype=np.float32), artist=["?", "?"], title=["?", "!"], uri=["x:4", "x:5"]
    )
    report = json.loads(sgp("import", "x", tmp_path / "v.npz", "--json").out)
    assert (report["vectors"], report["by_uri"]) == (2, 2)
    assert json.loads(sgp("similar", "x", "x:2", "--json").out)["seeds"][0]["title"] == "Song"
    assert sgp("extract", "y", write_dump(text), "-q").code == 0
    with closing(Catalogue(experiments / "y" / "corpus")) as catalogue:
        assert catalogue.all_uris() == []


def test_tracks_are_returned_unchanged_and_in_the_given_order(catalogue: Catalogue) -> None:
    rows = list(range(len(TRACKS)))[::-1]
    got = [(t.artist, t.title, t.uri, t.count, t.first_place) for t in catalogue.tracks(rows)]
    assert got == [TRACKS[row] for row in rows]
    assert [track.row for track in catalogue.all_tracks()] == rows[::-1]
    assert catalogue.track(3).position == 4
    with pytest.raises(ExperimentError, match=r"tracks\.sqlite has no row 99 \(it has 15 tracks\)"):
        catalogue.tracks([0, 99])


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE tracks SET artist = x'ff' WHERE row = 0", "row 0 has a wrong type"),
        ("UPDATE tracks SET count = -1 WHERE row = 1", "a count is below 0"),
        ("DELETE FROM tracks WHERE row = 1", "a count is below 0, or a track is missing"),
        ("UPDATE tracks SET count = x'ff' WHERE row = 1", "a number has a wrong type"),
    ],
)
def test_a_damaged_row_is_reported_in_one_line(tmp_path: Path, statement: str, message: str) -> None:
    write_catalogue(tmp_path, table_of(TYPES, TRACKS))
    with closing(sqlite3.connect(tmp_path / FILE)) as database, database:
        database.execute(statement)
    with pytest.raises(ExperimentError, match=rf"tracks\.sqlite is damaged: {message}"):
        (catalogue := Catalogue(tmp_path)).counts()
        catalogue.track(0)


def test_a_schema_that_is_not_valid_text_is_reported_in_one_line(tmp_path: Path) -> None:
    write_catalogue(tmp_path, table_of(TYPES, TRACKS))
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole.replace(b"CREATE TABLE tracks", b"CREATE TABL\xdc tracks"))
    with pytest.raises(ExperimentError, match=r"tracks\.sqlite is damaged: .*codec can't decode"):
        Catalogue(tmp_path)


def test_spellings_are_kept(catalogue: Catalogue) -> None:
    assert catalogue.spellings(0) == [("TOM PETTY", "Free Fallin'", 3), ("Tom Petty", "Free Falling", 1)]
    assert catalogue.spellings(1) == []


def test_a_missing_or_damaged_file_is_reported_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot read .*tracks\.sqlite: No such file or directory"):
        Catalogue(tmp_path)
    (tmp_path / FILE).write_bytes(b"not a database, despite its name" * 50)
    with pytest.raises(ExperimentError, match=r"tracks\.sqlite is damaged: file is not a database"):
        Catalogue(tmp_path)


def test_the_file_can_be_read_with_plain_sqlite(tmp_path: Path, catalogue: Catalogue) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        found = database.execute("SELECT artist, count FROM tracks ORDER BY row LIMIT 2").fetchall()
    assert found == [("Tom Petty", 90), ("John Mayer", 40)]


def test_the_directory_may_have_a_name_that_is_not_valid_text(tmp_path: Path) -> None:
    directory = tmp_path / os.fsdecode(b"caf\xe9 %41?#")
    directory.mkdir()
    write_catalogue(directory, table_of(TYPES, TRACKS))
    with closing(Catalogue(directory)) as catalogue:
        assert len(catalogue) == len(TRACKS)
