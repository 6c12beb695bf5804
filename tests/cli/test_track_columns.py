"""Tables of products, which have no artist and often share a name: `similar`, `similar --compare` and `explain`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skipgramophone.cli.track_columns import track_columns
from skipgramophone.experiment.catalogue import Track
from tests.conftest import made_once, run_sgp

# products whose uri is unique, and whose name is not
PRODUCTS = {"77": "Tin Kettle", "12": "Tin Kettle", "31": "Oak Tray", "44": "Wool Rug", "58": "Tin Kettle"}
ORDERS = ("77 12 31", "77 12 44", "12 31 58", "77 31 58", "44 58 12", "31 44 77", "58 77 12") * 4


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with two experiments: "named" knows the names of the products, "bare" knows only their ids."""

    def make(root: Path) -> None:
        for name, header in (("named", "order_no,sku,title"), ("bare", "order_no,sku")):
            rows = [
                f"{number},{sku}" + (f",{PRODUCTS[sku]}" if name == "named" else "")
                for number, order in enumerate(ORDERS)
                for sku in order.split()
            ]
            (root / f"{name}.csv").write_text("\n".join([header, *rows]) + "\n")
            roles = "id=order_no,uri=sku" + (",title=title" if name == "named" else "")
            for command in (
                ["extract", name, str(root / f"{name}.csv"), "--columns", roles],
                ["train", name, "-wsz", "bag", "-emb", "8", "-e", "5"],
            ):
                ran = run_sgp(*command, "-q", "--experiments-dir", root)
                assert (ran.code, ran.out, ran.err) == (0, "", "")

    return made_once(tmp_path_factory, "products", make)


def printed(root: Path, *arguments: str) -> list[list[str]]:
    """Run a command, and return the words of each line of its output."""
    ran = run_sgp(*arguments, "--experiments-dir", root)
    assert ran.code == 0, ran.err
    return [line.split() for line in ran.out.splitlines()]


def test_products_of_the_same_name_are_told_apart_by_their_uri(shop: Path) -> None:
    _, heading, _, *rows = printed(shop, "similar", "named", "31", "-n", "4")
    assert heading == ["rank", "score", "similarity", "title", "uri", "shared", "count", "pos."]
    found = {(" ".join(row[3:5]), row[5]) for row in rows}
    assert found == {(name, sku) for sku, name in PRODUCTS.items() if sku != "31"}


def test_a_uri_that_is_the_only_name_is_shown_once(shop: Path) -> None:
    _, heading, _, *rows = printed(shop, "similar", "bare", "31", "-n", "4")
    assert heading == ["rank", "score", "similarity", "title", "shared", "count", "pos."]
    assert {row[3] for row in rows} == PRODUCTS.keys() - {"31"}


def test_an_explanation_tells_products_of_the_same_name_apart(shop: Path) -> None:
    lines = printed(shop, "explain", "named", "77", "12")
    assert lines[0] == ["Tin", "Kettle", "(77)", "and", "Tin", "Kettle", "(12)"]
    assert lines[1:3] == [["A", "Tin", "Kettle", "(77)"], ["B", "Tin", "Kettle", "(12)"]]
    at = lines.index(["near", "both"])
    assert lines[at + 1] == ["to", "A", "to", "B", "title", "uri", "with", "A", "with", "B"]
    assert {tuple(line[2:5]) for line in lines[at + 3 : at + 6]} == {
        (*PRODUCTS[sku].split(), sku) for sku in ("31", "44", "58")
    }


def test_two_experiments_side_by_side_show_the_uri(shop: Path) -> None:
    _, heading, _, *rows = printed(shop, "similar", "named", "31", "--compare", "named", "-n", "4")
    assert heading == ["A", "similarity", "B", "similarity", "title", "uri"]
    assert {row[-1] for row in rows} == PRODUCTS.keys() - {"31"}


def test_json_and_csv_keep_their_fields(shop: Path) -> None:
    ran = run_sgp("similar", "named", "31", "-n", "1", "--json", "--experiments-dir", shop)
    (near,) = json.loads(ran.out)["neighbours"]
    assert near["artist"] == ""
    assert PRODUCTS[near["uri"]] == near["title"]
    ran = run_sgp("similar", "named", "31", "-n", "1", "--format", "csv", "--experiments-dir", shop)
    assert ran.out.startswith("rank,similarity,artist,title,uri,")


def test_tracks_of_an_artist_show_their_uri_only_if_names_repeat() -> None:
    one, other = (Track(row, "Nell Quay", "Paper Boats", f"s:{row}", 9 - row, 1) for row in (0, 1))
    third, nameless = Track(2, "Nell Quay", "Tin Roof", "s:2", 5, 1), Track(3, "", "Tin Roof", None, 4, 1)
    artist, title, uri = (("artist", "text"), ("title", "text"), ("uri", "text"))
    assert track_columns([one, third, nameless]).headings == [artist, title]
    assert track_columns([one, one]).headings == [artist, title]  # the same track twice
    both = track_columns([one, other, nameless])
    assert both.headings == [artist, title, uri]
    assert both.cells(other) == ["Nell Quay", "Paper Boats", "s:1"]
    assert both.cells(nameless) == ["", "Tin Roof", ""]
    assert track_columns([nameless]).headings == [title]  # neither an artist nor a uri
    assert track_columns([]).headings == [artist, title]
