"""Suggestions for a mistyped uri or id: tracks whose uri is one typo away."""

from __future__ import annotations

from pathlib import Path

import pytest

from skipgramophone.errors import UnknownTrackError
from skipgramophone.experiment import similar_uris
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.catalogue_writer import TRACKS as TYPES
from skipgramophone.experiment.catalogue_writer import write_catalogue
from skipgramophone.experiment.name_search import NameSearch
from tests.conftest import run_sgp, table_of

URIS = ("141699", "141689", "SKU-77b", "900", "abcdef", None)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """A catalogue in which row i has the uri `URIS[i]`; row 0 is the most frequent."""
    rows = [("", f"Name {chr(65 + at)}", uri, 99 - at, at + 1) for at, uri in enumerate(URIS)]
    write_catalogue(tmp_path, table_of(TYPES, rows))
    return Catalogue(tmp_path)


@pytest.mark.parametrize(
    ("typed", "rows"),
    [
        ("14169", [0, 1]),  # a digit is missing
        ("1416999", [0]),  # one too many
        ("141669", [0, 1]),  # one replaced
        ("141698", [0, 1]),  # one replaced, or two swapped
        ("146189", [1]),
        ("241699", [0]),  # the first one
        ("sku-77B", [2]),
        ("SKU_77b", [2]),
        ("1416", []),  # two are missing
        ("999", []),
        ("90", []),  # too short
        ("abcdeg", []),  # a word, not an id
        ("141 699", []),
        ("9" * 5000, []),
        ("14169\udcff", []),
    ],
)
def test_tracks_whose_uri_is_one_typo_away_are_suggested(catalogue: Catalogue, typed: str, rows: list[int]) -> None:
    with pytest.raises(UnknownTrackError) as unknown:
        NameSearch(catalogue).resolve(typed)
    assert [track.row for track in unknown.value.tracks] == rows
    assert unknown.value.candidates == tuple(f"Name {chr(65 + row)} ({99 - row}×)  {URIS[row]}" for row in rows)


def test_a_large_catalogue_compares_only_uris_with_the_same_beginning(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(similar_uris, "MOST_SCANNED", 3)
    for typed, rows in (("14169", [0, 1]), ("141669", [0, 1]), ("241699", []), ("SKU-77", [2])):
        assert [track.row for track in similar_uris.similar_uris(catalogue, typed, 5)] == rows


def test_the_command_line_lists_similar_skus(shop: Path) -> None:
    ran = run_sgp("similar", "shop", "1410", "--experiments-dir", shop)
    first, *listed = ran.err.splitlines()
    assert (ran.code, first) == (3, "error: no track matches '1410'; did you mean one of these?")
    assert len(listed) == 5
    assert all(line.split()[-1].startswith("141") for line in listed)
