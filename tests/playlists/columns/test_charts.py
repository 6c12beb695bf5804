"""Tables of charts: several charts in one table, ranks that tie, and the newest chart first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.playlists.readers.reading import error_of, read, read_all

WriteDump = Callable[..., Path]
CHART = [("Ada Fenn", "Rain"), ("Nell Quay", "Salt"), ("The Hatches", "Tide"), ("Ada Fenn", "Home")]


def table(header: str, charts: dict[str, list[str]]) -> str:
    """Return charts as CSV; each has its ranks, and the tracks of `CHART`."""
    rows = [
        f"{chart},{rank},{artist},{title}"
        for chart, ranks in charts.items()
        for rank, (artist, title) in zip(ranks, CHART, strict=True)
    ]
    return "\n".join([header, *rows]) + "\n"


TIED = ["1", "2", "2", "4"]


@pytest.mark.parametrize(
    "ranks", [TIED, ["4", "3", "1", "1"], ["1", "=2", "=2", "4"], ["1", "1", "1", "4"], ["3", "1", "4", "2"]]
)
@pytest.mark.parametrize("header", ["Year,Rank,Artist,Title", "chart_week,current_week,performer,title"])
def test_a_table_with_several_charts_is_asked_about(header: str, ranks: list[str], write_dump: WriteDump) -> None:
    chart, rank, artist, title = header.split(",")
    message = error_of(write_dump(table(header, {"1990": ranks, "1991": ranks}), "c.csv"))
    assert message == (
        f"PATH is a table of 4 columns in which values of {rank!r} occur several times, so {chart!r} may distinguish "
        "charts: assign the columns, for example --columns "
        f"artist={artist},title={title},playlist={chart},position={rank}"
    )


def test_the_suggested_columns_keep_charts_apart_and_ties_in_their_order(write_dump: WriteDump) -> None:
    text = table("Year,Rank,Artist,Title", {"1990": ["1", "=2", "=2", "4"], "1991": ["T2", "T2", "1", "4="]})
    columns = "artist=Artist,title=Title,playlist=Year,position=Rank"
    rows, rejects = read(write_dump(text, "c.csv"), "columns", columns=columns)
    titles = {year: [row[2] for row in rows if row[0] == year] for year in ("1990", "1991")}
    assert titles == {"1990": ["Rain", "Salt", "Tide", "Home"], "1991": ["Tide", "Rain", "Salt", "Home"]}
    assert rejects == []


@pytest.mark.parametrize(
    "charts",
    [
        {"1990": TIED},  # one chart
        {"1990": ["3", "1", "4", "2"], "1991": ["6", "8", "5", "7"]},  # each rank occurs once
        {"1990": ["1", "x", "y", "z"], "1991": ["1", "x", "y", "z"]},  # not ranks
    ],
)
def test_other_tables_are_one_playlist(charts: dict[str, list[str]], write_dump: WriteDump) -> None:
    rows, _ = read(write_dump(table("Year,Rank,Artist,Title", charts), "c.csv"), "columns")
    assert {row[0] for row in rows} == {"c"}
    assert len(rows) == 4 * len(charts)


def test_tracks_of_the_newest_chart_first_stay_in_the_order_of_their_ranks(write_dump: WriteDump) -> None:
    text = table("date,rank,artist,song", {"2021-11-13": TIED, "2021-11-06": TIED})
    for columns in (None, "artist=artist,title=song,time=date"):
        rows, _, _ = read_all(write_dump(text, "hot.csv"), "columns", columns=columns)
        weeks = {day: [row[1:3] for row in rows if row[0].startswith(day)] for day in ("2021-11-06", "2021-11-13")}
        assert weeks == {"2021-11-06": CHART, "2021-11-13": CHART}


def test_plays_of_one_time_in_a_history_are_reversed_if_the_newest_is_first(write_dump: WriteDump) -> None:
    text = "date,place,artist,song\n2021-11-13,x,A,four\n2021-11-06,x,A,three\n2021-11-06,y,A,two\n2021-11-06,z,A,one\n"
    rows, _ = read(write_dump(text, "plays.csv"), "columns")
    assert [row[2] for row in rows] == ["one", "two", "three", "four"]
