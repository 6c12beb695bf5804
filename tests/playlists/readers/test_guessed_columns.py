"""Tables whose columns are guessed from their header: the rows that are read from them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import skipgramophone
from skipgramophone.errors import SettingError, SourceError
from skipgramophone.playlists.columns.guess import ColumnGuess, guess_columns
from skipgramophone.playlists.readers.columnar import ColumnsReader
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from skipgramophone.wording import Wording
from tests.playlists.readers.reading import error_of, read, reasons

WriteDump = Callable[..., Path]


def playlists(path: Path, **settings: object) -> dict[tuple[str, str], list[str]]:
    """Return the titles of each playlist of a file, by owner and name."""
    (reader,) = open_sources([path], ExtractSettings(**settings)).readers  # type: ignore[arg-type]
    found: dict[tuple[str, str], list[str]] = {}
    for block in reader.blocks():
        for row in block.table.to_pylist():
            found.setdefault((row["owner"], row["playlist"]), []).append(row["title"])
    return found


def test_playlists_are_separated_by_their_column(write_dump: WriteDump) -> None:
    text = "Track name;Artist name;Album;Playlist name\nPaper Boats;Nell Quay;Harbour;Evening\nSalt;Lanyards;;Morning\n"
    rows, rejects = read(write_dump(text, "mine.csv"), "columns")
    assert rows == [("Evening", "Nell Quay", "Paper Boats", None), ("Morning", "Lanyards", "Salt", None)]
    assert rejects == []


@pytest.mark.parametrize("quote", ["", '"'])  # a plain table, and one with a quote that is read record by record
def test_several_artists_are_joined(write_dump: WriteDump, quote: str) -> None:
    text = (
        "Song URL,Song Title,Artist Name 1,Artist Name 2,Artist Name 3\n"
        f"x:1,One,A,,\nx:2,Two{quote} two,A,B,C\nx:3,Three,,B,\nx:4,Four,,,\n"
    )
    rows, _ = read(write_dump(text, "songs.csv"), "columns")
    assert rows == [
        ("songs", "A", "One", "x:1"),
        ("songs", "A, B, C", f"Two{quote} two", "x:2"),
        ("songs", "B", "Three", "x:3"),
        ("songs", "", "Four", "x:4"),
    ]


def test_rows_of_a_playlist_are_sorted_by_position(write_dump: WriteDump) -> None:
    text = "pid|pos|track_name|artist_name\n7|2|c|A\n7|0|a|A\n9|1|x|B\n7|1|b|A\n"
    assert playlists(write_dump(text)) == {("", "7"): ["a", "b", "c"], ("", "9"): ["x"]}


RATINGS = "userId,movieId,rating,timestamp\n1,30,5.0,1147880044\n1,20,3.5,1147868817\n2,30,4.0,1147880100\n"


def test_ratings_are_one_playlist_per_owner_unless_sessions_are_asked_for(write_dump: WriteDump) -> None:
    path = write_dump(RATINGS, "ratings.csv")
    assert playlists(path) == {("1", "ratings"): ["20", "30"], ("2", "ratings"): ["30"]}
    sessions = {("1", "2006-05-17 12:26"): ["20"], ("1", "2006-05-17 15:34"): ["30"], ("2", "2006-05-17 15:35"): ["30"]}
    assert playlists(path, session_gap="1h") == sessions
    assert playlists(path, columns="owner=userId,uri=movieId,time=timestamp") == sessions


def test_plays_are_split_into_sessions(write_dump: WriteDump) -> None:
    text = (
        "played_at\tartist\ttrack\n2021-06-01 10:00:00\tA\tone\n2021-06-01 10:05:00\tB\ttwo\n2021-06-01 12:00\tA\tone\n"
    )
    path = write_dump(text, "plays.tsv")
    assert playlists(path) == {("", "2021-06-01 10:00"): ["one", "two"], ("", "2021-06-01 12:00"): ["one"]}
    assert playlists(path, session_gap="none") == {("", "plays"): ["one", "two", "one"]}


def test_a_time_that_is_a_duration_is_not_used(write_dump: WriteDump) -> None:
    text = "artist,title,time\nA,one,240\nB,two,3:20\nC,three,185\n"
    assert playlists(write_dump(text, "mine.csv")) == {("", "mine"): ["one", "two", "three"]}


def test_columns_by_number_in_either_order(write_dump: WriteDump) -> None:
    path = write_dump("u1\ts9\t3\nu1\ts8\t1\nu2\ts9\t1\n", "triplets.txt")
    expected = {("u1", "triplets"): ["s9", "s8"], ("u2", "triplets"): ["s9"]}
    assert playlists(path, columns="1=owner,2=track") == expected
    assert playlists(path, columns="owner=1,uri=2") == expected


def test_a_history_without_a_gap_is_one_playlist(write_dump: WriteDump) -> None:
    text = "Biome,UNITY,Unity,20 Nov 2020 09:35\nKora,Kora,Let Me,01 Nov 2020 09:35\n"
    assert playlists(write_dump(text), session_gap="none") == {("", "2020-11-01 09:35"): ["Let Me", "Unity"]}


@pytest.mark.parametrize("quote", ["", '"'])  # a plain table, and one that is read record by record
@pytest.mark.parametrize("order", ["", ",time=timestamp"])
def test_rows_with_a_low_rating_are_left_out_and_counted(write_dump: WriteDump, quote: str, order: str) -> None:
    text = RATINGS + f"2,40,none,1147880200\n2,5{quote}0,4,1147880300\n"
    columns = f"owner=userId,uri=movieId,rating=rating{order}"
    chosen = ExtractSettings(columns=columns, min_rating=4, session_gap="none")
    blocks = list(open_sources([write_dump(text)], chosen).readers[0].blocks())
    rows = [(row["owner"], row["title"]) for block in blocks for row in block.table.to_pylist()]
    assert rows == [("1", "30"), ("2", "30"), ("2", f"5{quote}0")]
    assert [(reject.line, reject.reason) for block in blocks for reject in block.rejects] == [(5, "no valid rating")]
    assert [dict(block.left_out) for block in blocks if block.left_out] == [{"rated below 4": 1}]


def test_low_ratings_are_counted_in_the_report(write_dump: WriteDump, tmp_path: Path) -> None:
    path = write_dump(RATINGS, "ratings.csv")
    report = skipgramophone.extract("x", path, ExtractSettings(min_rating=4), experiments_dir=tmp_path / "experiments")
    assert (report.rows_read, report.rows_used, report.left_out) == (3, 2, {"rated below 4": 1})
    assert report.guessed_columns[0]["columns"] == "owner=userId,uri=movieId,time=timestamp,rating=rating"
    with pytest.raises(SourceError, match="no row of the sources can be used; left out: 3 rated below 6"):
        skipgramophone.extract("y", path, ExtractSettings(min_rating=6), experiments_dir=tmp_path / "experiments")


def test_a_lowest_rating_needs_ratings(write_dump: WriteDump) -> None:
    with pytest.raises(SettingError, match=r"^min_rating needs a column with ratings: add rating=… to columns$"):
        ExtractSettings(columns="title=x", min_rating=3)
    for text in ("artist,title\na,b\n", "1 2 3\n4 1\n"):
        with pytest.raises(SettingError, match=r"^min_rating "):
            open_sources([write_dump(text)], ExtractSettings(min_rating=3))


def test_purchases_are_baskets_by_order_or_sessions_by_gap(write_dump: WriteDump) -> None:
    text = (
        "InvoiceNo,StockCode,InvoiceDate,CustomerID\n"
        "1,A,2010-12-01 08:26,7\n1,B,2010-12-01 08:26,7\n2,C,2010-12-01 08:40,7\n3,A,2010-12-02 09:00,7\n"
    )
    path = write_dump(text, "retail.csv")
    assert playlists(path) == {("7", "1"): ["A", "B"], ("7", "2"): ["C"], ("7", "3"): ["A"]}
    by_gap = "owner=CustomerID,uri=StockCode,time=InvoiceDate"
    assert playlists(path, columns=by_gap) == {
        ("7", "2010-12-01 08:26"): ["A", "B", "C"],
        ("7", "2010-12-02 09:00"): ["A"],
    }
    assert playlists(path, columns="owner=CustomerID,uri=StockCode") == {("7", "retail"): ["A", "B", "C", "A"]}


def test_the_columns_of_a_table_are_guessed_once(write_dump: WriteDump, monkeypatch: pytest.MonkeyPatch) -> None:
    guessed: list[ColumnGuess | Wording] = []

    def count(rows: list[list[str]], *known: bool) -> ColumnGuess | Wording:
        guessed.append(guess_columns(rows, *known))
        return guessed[-1]

    monkeypatch.setattr("skipgramophone.playlists.columns.guess.guess_columns", count)
    (reader,) = open_sources([write_dump(RATINGS, "ratings.csv")], ExtractSettings(min_rating=4.0)).readers
    (guess,) = guessed
    assert isinstance(guess, ColumnGuess)
    assert isinstance(reader, ColumnsReader)
    assert (guess.text, guess.unused) == (reader.settings.columns, reader.unused)
    assert "rating=rating" in guess.text


TRACKS: list[dict[str, Any]] = [
    {"artist": "A", "title": "One", "playlist": "x", "position": 2, "tags": ["t"]},
    {"artist": "B", "title": "Two", "playlist": "x", "position": 1, "tags": []},
    {"artist": "A", "title": "Three", "playlist": None, "position": 1, "tags": []},
]
BY_POSITION = [("x", "B", "Two", None), ("x", "A", "One", None)]


def test_columns_of_json_lines_are_guessed(write_dump: WriteDump) -> None:
    path = write_dump("\n".join(map(json.dumps, TRACKS)) + "\n", "tracks.jsonl")
    rows, rejects = read(path, "columns")
    assert rows == BY_POSITION
    assert reasons(rejects) == [(3, "no name of a playlist")]
    report = skipgramophone.extract("x", path, dry_run=True)
    (guess,) = report.guessed_columns
    assert guess["columns"] == "artist=artist,title=title,playlist=playlist,position=position"
    nested = [{"user": track["artist"], "track": {"name": track["title"]}} for track in TRACKS]
    rows, _ = read(write_dump("\n".join(map(json.dumps, nested)), "nested.jsonl"), "columns")
    assert [title for _, _, title, _ in rows] == ["One", "Two", "Three"]


def test_columns_of_parquet_are_guessed(write_dump: WriteDump, tmp_path: Path) -> None:
    path = tmp_path / "tracks.parquet"
    pq.write_table(pa.Table.from_pylist(TRACKS), path)
    assert read(path, "columns")[0] == BY_POSITION
    pq.write_table(pa.table({"a": ["x"], "b": [1]}), path)
    assert error_of(path) == "PATH is a table with the columns a, b: assign its columns with --columns artist=…,title=…"
    path.write_bytes(path.read_bytes()[:-9])
    assert "is damaged" in error_of(path)


def test_one_object_is_a_document_and_not_a_table(write_dump: WriteDump) -> None:
    for text in (json.dumps(TRACKS[0]), json.dumps(TRACKS[0]) + "\n[]\n"):
        assert "JSON, but not in a format that sgp knows" in error_of(write_dump(text, "one.json"))
    assert "JSON that ends early" in error_of(write_dump(json.dumps(TRACKS[0]) + "\n{\n", "one.json"))


@pytest.mark.parametrize("quote", ["", '"'])  # a plain table, and one with a quote that is read record by record
def test_an_artist_without_a_title_is_no_track(quote: str, write_dump: WriteDump) -> None:
    text = f"Artist,Title,Plays\nAda,Rain{quote},3\n,Salt,2\nTotal,,5\nExported by Player 2 on 2024-05-06, ,\n,,\n"
    rows, rejects = read(write_dump(text, "mine.csv"), "columns")
    assert rows == [("mine", "Ada", f"Rain{quote}", None), ("mine", "", "Salt", None)]
    assert reasons(rejects) == [
        (4, "an artist without a title"),
        (5, "an artist without a title"),
        (6, "neither artist nor title"),
    ]


def test_a_uri_identifies_a_track_without_a_title(write_dump: WriteDump) -> None:
    text = "Artist,Title,uri\nAda,,x:1\nNell,Salt,\nQuay,,\n"
    rows, rejects = read(write_dump(text, "mine.csv"), "columns")
    assert rows == [("mine", "Ada", "", "x:1"), ("mine", "Nell", "Salt", None)]
    assert reasons(rejects) == [(4, "an artist without a title")]
    times = (
        "Artist,Title,played_at\nAda,,2024-01-01T10:00:00\nNell,Salt,2024-01-01T10:20:00\nAda,,2024-01-01T10:40:00\n"
    )
    rows, rejects = read(write_dump(times + "Nell,Tide,2024-01-01T11:00:00\n", "mine.csv"), "columns")
    assert [row[0] for row in rows] == ["2024-01-01 10:00"] * 2  # plays without a title are no pauses either
    assert [line for line, _ in reasons(rejects)] == [2, 4]


def test_lines_of_dashes_are_rejected(write_dump: WriteDump) -> None:
    text = "Artist\tTitle\tTime\n------\t-----\t----\nAda\tRain\t3:20\n---\tSalt\t2:10\n"
    rows, rejects = read(write_dump(text, "mine.tsv"), "columns")
    assert rows == [("mine", "Ada", "Rain", None), ("mine", "---", "Salt", None)]
    assert reasons(rejects) == [(2, "a separating line")]
