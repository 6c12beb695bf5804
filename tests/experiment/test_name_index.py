"""The trigram index in parts: it is sound for SQLite, and search finds the same as in an index made as a whole."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

import pytest

from skipgramophone.experiment import name_index
from skipgramophone.experiment.catalogue import FILE, Catalogue
from skipgramophone.experiment.catalogue_growth import CatalogueChanges, grow_catalogue
from skipgramophone.experiment.catalogue_writer import SPELLINGS, TRACKS, URIS, write_catalogue
from skipgramophone.experiment.name_index import _numbers, _varints
from skipgramophone.experiment.name_search import NameSearch
from skipgramophone.experiment.sqlite_fts import sqlite3
from tests.conftest import table_of
from tests.pipeline.test_growth import require_same_names

Fields = tuple[str, str, str | None, int, int]
QUERIES = ("ka lo", "kalo", "mi", "sure kami", "lotesu", "kalomi", "zzz", "ta - lo", "remi kalo lomi")


def invented(number: int, letters: int = 12) -> list[Fields]:
    """Return tracks with random names; the count of a track has nothing to do with its row."""
    rng = random.Random(7)
    syllables = ["ka", "lo", "mi", "te", "su", "re", "ta", " ", "ö"]

    def text() -> str:
        return "".join(rng.choice(syllables) for _ in range(letters // 2)).strip() or "x"

    return [(text(), text(), None, rng.randrange(1, 50), at + 1) for at in range(number)]


def written(directory: Path, tracks: list[Fields]) -> Path:
    """Write a catalogue, and return its directory."""
    directory.mkdir()
    write_catalogue(directory, table_of(TRACKS, tracks), in_order=False)
    return directory


def indexed(directory: Path) -> dict[str, list[int]]:
    """Return the ranks of the names with each trigram, as SQLite finds them."""
    with closing(sqlite3.connect(directory / FILE)) as database:
        terms = [term for (term,) in database.execute("SELECT term FROM trigrams")]
        search = "SELECT rowid FROM names WHERE names MATCH ?"
        return {
            term: [rank for (rank,) in database.execute(search, ('"' + term.replace('"', '""') + '"',))]
            for term in terms
        }


def segments(directory: Path) -> int:
    """Return the number of segments of the name index."""
    with closing(sqlite3.connect(directory / FILE)) as database:
        return len(database.execute("SELECT DISTINCT segid FROM names_idx").fetchall())


@pytest.mark.parametrize("gathered", [1 << 20, 1 << 12])  # the smaller one makes FTS5 write each part in several steps
def test_an_index_in_parts_finds_the_same_as_one_made_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gathered: int
) -> None:
    tracks = invented(1500)
    whole = written(tmp_path / "whole", tracks)
    monkeypatch.setattr(name_index, "NAMES_PER_PART", 1000)
    monkeypatch.setattr(name_index, "GATHERED", gathered)
    parts, again = (written(tmp_path / name, tracks) for name in ("parts", "again"))
    assert (segments(whole), segments(parts)) == (1, 2)
    assert [path.name for path in parts.iterdir()] == [FILE]
    assert (parts / FILE).read_bytes() == (again / FILE).read_bytes()
    assert indexed(parts) == indexed(whole)
    with closing(Catalogue(parts)) as one, closing(Catalogue(whole)) as other:
        for query in QUERIES:
            assert NameSearch(one).find(query) == NameSearch(other).find(query)
            assert NameSearch(one).misspelt(query) == NameSearch(other).misspelt(query)
        assert NameSearch(one).find("kalo")[1] > 10
    require_same_names(parts)


@pytest.mark.parametrize("short", [[0, 1], [2, 3], [0, 1, 2, 3]])
def test_a_part_may_have_no_name_with_a_trigram(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short: list[int]
) -> None:
    monkeypatch.setattr(name_index, "NAMES_PER_PART", 1)
    names = ["yz" if at in short else f"long name {at}" for at in range(4)]
    tracks: list[Fields] = [("", name, None, 9 - at, at + 1) for at, name in enumerate(names)]
    directory = written(tmp_path / "x", tracks)
    assert segments(directory) == (len(short) == 2)
    with closing(Catalogue(directory)) as catalogue:
        found = [track.row for track in NameSearch(catalogue).find("name long")[0]]
        assert found == [at for at in range(4) if at not in short]
    require_same_names(directory)


def test_an_index_in_parts_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_index, "NAMES_PER_PART", 100)
    tracks = invented(300)
    before, after = written(tmp_path / "before", tracks), tmp_path / "after"
    for step in range(4):  # FTS5 merges segments when there are four
        after.mkdir()
        changes = CatalogueChanges(
            changed=table_of(
                {"row": TRACKS["count"], "count": TRACKS["count"]}, [(step, 100 + step), (250, 60 + step)]
            ),
            added=table_of(TRACKS, [("Added", f"Kalo {step}", None, 70 + step, 301 + step)]),
            spellings=table_of(SPELLINGS, []),
            uris=table_of(URIS, []),
        )
        grow_catalogue(before, after, 300 + step, changes)
        before, after = after, tmp_path / f"after {step}"
    with closing(Catalogue(before)) as catalogue:
        assert [track.row for track in NameSearch(catalogue).find("added kal")[0]] == [303, 302, 301, 300]
        counts = catalogue.counts()
        assert (counts[3], counts[250], len(counts)) == (103, 63, 304)
    require_same_names(before)


@pytest.mark.parametrize(
    ("number", "encoded"), [(0, "00"), (127, "7f"), (128, "8100"), (16383, "ff7f"), (16384, "818000")]
)
def test_integers_are_encoded_like_sqlites(number: int, encoded: str) -> None:
    assert _varints([number, 1]).hex() == encoded + "01"
    assert _numbers(bytes.fromhex(encoded + "05")) == [number, 5]
