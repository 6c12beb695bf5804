"""Tracks with the same name, such as products of a shop: the one that is used, the note, and --strict-names."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

import skipgramophone as sgp
from skipgramophone.errors import AmbiguousTrackError
from tests.cli.test_terminal import ESCAPES, on_a_terminal
from tests.conftest import orders, run_sgp

KETTLE = "Copper Kettle"
CALLED = Counter(sku for _, sku, name in orders() if name == KETTLE).most_common()
NOTE = "3 tracks are called 'Copper Kettle'; using the most frequent, {} ({}×), not {} ({}×), {} ({}×). "
REFUSED = "3 tracks match 'Copper Kettle'; give the uri of one of them"


def test_the_most_frequent_of_several_products_is_used_and_the_uris_of_the_others_are_named(shop: Path) -> None:
    assert len({count for _, count in CALLED}) == 3  # so their order is certain
    assert CALLED[0][1] < 3 * CALLED[1][1]  # none dominates
    ran = run_sgp("similar", "shop", KETTLE, "--experiments-dir", shop)
    note = NOTE.format(*(value for product in CALLED for value in product))
    assert (ran.code, ran.err.splitlines()[0]) == (0, f"{note}To choose another track, give its uri")


@pytest.mark.parametrize("query", [KETTLE, "copper  KETTLE", "Coper Kettle"])
def test_strict_names_refuse_products_with_the_same_name_and_list_their_uris(shop: Path, query: str) -> None:
    ran = run_sgp("similar", "shop", query, "--strict-names", "--experiments-dir", shop)
    relation = "are similar to" if query.startswith("Coper") else "match"
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.splitlines() == [
        f"error: 3 tracks {relation} {query!r}; give the uri of one of them",
        *(f"  {KETTLE} ({count}×)  {sku}" for sku, count in CALLED),
    ]
    uri = CALLED[2][0]
    assert run_sgp("similar", "shop", uri, "--strict-names", "--experiments-dir", shop).code == 0


def test_all_commands_with_strict_names_refuse_products_with_the_same_name(shop: Path) -> None:
    where = ("--strict-names", "--experiments-dir", shop)
    assert run_sgp("explain", "shop", KETTLE, "Product 1", *where).code == 4
    ran = run_sgp("similar", "shop", "--stdin", *where, stdin=f"{KETTLE}\nProduct 1\n")
    refused, answered = map(json.loads, ran.out.splitlines())
    assert (ran.code, refused["exit_code"], "error" in answered) == (4, 4, False)
    assert [track["uri"] for track in refused["tracks"]] == [sku for sku, _ in CALLED]
    ran = run_sgp("continue", "shop", KETTLE, "Product 1", *where)
    assert f"left out: {REFUSED}" in ran.err
    with sgp.open("shop", shop, strict_names=True) as opened, pytest.raises(AmbiguousTrackError, match=f"^{REFUSED}"):
        opened.similar(KETTLE)


def test_a_terminal_lists_tracks_with_the_same_name_with_their_uris(shop: Path) -> None:
    code, output = on_a_terminal(80, "similar", "shop", "kettle", "-n", "1", "--experiments-dir", shop, typed="3\n")
    lines = ESCAPES.sub("", output).replace("\r", "").splitlines()
    listed = [line.split(maxsplit=1)[1] for line in lines if line.startswith("   ") and "×)" in line][:4]
    large = sum(name == "Kettle XL" for _, _, name in orders())
    assert code == 0
    assert sorted(listed) == sorted(
        [f"Kettle XL ({large}×)", *(f"{KETTLE} ({count}×)  {sku}" for sku, count in CALLED)]
    )
