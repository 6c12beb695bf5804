"""Examples for tables without a header: following them must not make tracks of counts, prices, users or artists."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.playlists.readers.reading import error_of

WriteDump = Callable[..., Path]
ARTISTS = ["Ada Fenn", "Nell Quay", "The Hatches", "Mira Sol"]
TITLES = [
    "Rain Door",
    "Salt Rope",
    "Paper Boats",
    "Tide Song",
    "Kitchen Song",
    "Green Light",
    "Low River",
    "Home Again",
]


def example(rows: Sequence[Sequence[object]], write_dump: WriteDump) -> str:
    """Return the example at the end of the question about a table without a header."""
    text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
    return error_of(write_dump(text, "table.tsv")).partition("for example --columns ")[2]


def interactions(last: Callable[[random.Random], int]) -> list[list[int]]:
    """Return users with items, and one number for each pair."""
    seeded = random.Random(5)
    return [[user, item, last(seeded)] for user in range(1, 9) for item in seeded.sample(range(100, 120), 6)]


@pytest.mark.parametrize("bounds", [(1, 6), (1, 100), (100, 9000)])
def test_ratings_counts_and_prices_are_not_suggested_as_items(bounds: tuple[int, int], write_dump: WriteDump) -> None:
    assert example(interactions(lambda seeded: seeded.randrange(*bounds)), write_dump) == "owner=1,uri=2"


def test_the_finest_of_several_ids_is_the_item(write_dump: WriteDump) -> None:
    rows = [[user, item // 10, item // 4, item, 1700000000 + user] for user, item, _ in interactions(lambda _: 0)]
    assert example(rows, write_dump) == "owner=1,uri=4,time=5 --session-gap none"


@pytest.mark.parametrize("order", ["artist=1,title=2", "title=1,artist=2"])
def test_artists_and_titles_are_told_apart_by_their_numbers(order: str, write_dump: WriteDump) -> None:
    tracks: list[list[object]] = [[ARTISTS[at % 4], title] for at, title in enumerate(TITLES)]
    rows = tracks if order.startswith("artist") else [row[::-1] for row in tracks]
    assert example(rows, write_dump) == order
    assert example([[*row, 500 + at] for at, row in enumerate(rows)] * 2, write_dump) == order  # ids of the tracks


def test_row_numbers_constants_and_objects_are_not_suggested(write_dump: WriteDump) -> None:
    rows: list[list[object]] = [
        ["play", number, user, item, '{"at": 1}'] for number, (user, item, _) in enumerate(interactions(lambda _: 0))
    ]
    assert example(rows, write_dump) == "owner=3,uri=4"


def test_lists_of_ids_are_named(write_dump: WriteDump) -> None:
    seeded = random.Random(6)
    rows = [[f"u{user}", " ".join(f"n{seeded.randrange(30)}" for _ in range(5))] for user in range(9)]
    text = "".join("\t".join(row) + "\n" for row in rows)
    reason = "to contain lists of ids: write one row per id of a list, next to its owner or session"
    assert error_of(write_dump(text, "a.tsv")) == f"PATH is a table of 2 columns in which column 2 seems {reason}"
    twice = "".join("\t".join([*row, row[1]]) + "\n" for row in rows)
    assert error_of(write_dump(twice, "b.tsv")).endswith(f"in which columns 2 and 3 seem {reason}")
    assert "in which each 'items' seems to be a list" in error_of(write_dump("session_id\titems\n" + text, "c.tsv"))


def test_numbers_in_many_columns_are_baskets(write_dump: WriteDump) -> None:
    seeded = random.Random(7)
    baskets = "".join(",".join(map(str, seeded.sample(range(100, 140), 6))) + "\n" for _ in range(30))
    assert "write one item per line with the number of its basket" in error_of(write_dump(baskets, "a.csv"))
    ratings = "".join(",".join(str(seeded.randrange(1, 6)) for _ in range(6)) + "\n" for _ in range(30))
    assert "basket" not in error_of(write_dump(ratings, "b.csv"))
