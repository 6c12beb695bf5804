"""The name index: it contains exactly the trigrams of the names, and search finds the same as with FTS5."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skipgramophone.errors import ExperimentError, SgpError
from skipgramophone.experiment import catalogue_writer, name_index, name_index_writer
from skipgramophone.experiment.catalogue import FILE, Catalogue
from skipgramophone.experiment.catalogue_growth import CatalogueChanges, grow_catalogue
from skipgramophone.experiment.catalogue_writer import SPELLINGS, TRACKS, URIS, write_catalogue
from skipgramophone.experiment.name_index import FILES, OFFSETS, ROWS, TRIGRAMS
from skipgramophone.experiment.name_index_check import require_sound_name_index
from skipgramophone.experiment.name_index_writer import name_block
from skipgramophone.experiment.name_search import NameSearch
from skipgramophone.experiment.trigrams import pack, unpack
from tests.conftest import table_of
from tests.experiment.earlier_catalogue import with_full_text

Fields = tuple[str, str, str | None, int, int]
QUERIES = (
    "ka lo", "kalo", "mi", "sure kami", "lotesu", "kalomi", "zzz", "ta - lo", "remi kalo lomi", "x", "ö", "öka x",
    "- x", "kalomo", "sureka mi", "tö", "ka", "a", "re x", "kalo kalo", "su mi te", "lomitesu ka",
)  # fmt: skip
WITH_NUL = ("nul\0", "\0", "kal\0mi")  # FTS5 cannot search for these


def invented(number: int, letters: int = 12) -> list[Fields]:
    """Return tracks with random names; the count of a track has nothing to do with its row."""
    rng = random.Random(7)
    syllables = ["ka", "lo", "mi", "te", "su", "re", "ta", " ", "ö", " x "]

    def text() -> str:
        return "".join(rng.choice(syllables) for _ in range(letters // 2)).strip() or "x"

    return [(text(), text(), None, rng.randrange(1, 50), at + 1) for at in range(number)]


def written(directory: Path, tracks: list[Fields], in_order: bool = False) -> Path:
    """Write a catalogue, and return its directory."""
    directory.mkdir()
    tracks = sorted(tracks, key=lambda track: -track[3]) if in_order else tracks
    write_catalogue(directory, table_of(TRACKS, tracks), in_order=in_order)
    return directory


def content_of(directory: Path) -> dict[str, bytes]:
    """Return the content of the files of a name index."""
    return {name: (directory / name).read_bytes() for name in FILES if (directory / name).exists()}


def pieces_of(name: str) -> set[str]:
    """Return the trigrams of a folded name, and its words of one or two letters."""
    return {word[at : at + 3] for word in name.split(" ") for at in range(max(1, len(word) - 2)) if word}


def answer(search: NameSearch, query: str) -> list[Any]:
    """Return everything that a search finds for a query."""
    try:
        resolved: object = search.resolve(query)
    except SgpError as error:
        resolved = str(error)
    return [
        resolved,
        search.find(query),
        search.find(query, 1000),
        search.misspelt(query),
        search.completions(query, 9, 9),
    ]


@pytest.mark.parametrize(
    "letters", ["ab ", "abcdé ", "".join(map(chr, range(0x3400, 0xA000, 3))) + " ", "a\U0001f600b "]
)
def test_the_trigrams_of_a_block_are_those_of_its_names(letters: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(3)
    names = [" ".join("".join(rng.choices(letters, k=rng.randrange(20))).split()) for _ in range(5000)]
    expected: dict[str, list[int]] = {}
    for row, name in enumerate(names, 7):
        for piece in pieces_of(name):
            expected.setdefault(piece, []).append(row)
    monkeypatch.setattr(name_index_writer, "LETTERS_AT_ONCE", 1000)
    block = name_block("".join(f"{name}\n" for name in names).encode(), 7)
    assert [unpack(packed) for packed in block.trigrams.tolist()] == sorted(expected)
    ends = np.cumsum(block.sizes)
    assert [part.tolist() for part in np.split(block.rows, ends[:-1])] == [
        expected[piece] for piece in sorted(expected)
    ]


def test_names_with_very_many_letters_are_divided_into_smaller_blocks() -> None:
    rng = random.Random(4)
    letters = [chr(code) for code in range(0x100, 0x20100) if not 0xD800 <= code < 0xE000]
    names = ["".join(rng.sample(letters, 12)) for _ in range(20_000)]
    block = name_block("".join(f"{name}\n" for name in names).encode(), 0)
    at = rng.sample(range(len(names)), 50)
    ends = np.concatenate([[0], np.cumsum(block.sizes)])
    assert np.all(np.diff(block.trigrams) > 0)
    assert block.sizes.sum() == len(block.rows) == 10 * len(names)
    for row in at:
        for piece in pieces_of(names[row]):
            place = int(np.searchsorted(block.trigrams, pack(piece)))
            assert row in block.rows[ends[place] : ends[place + 1]].tolist()


@pytest.mark.parametrize("in_order", [True, False])
def test_search_finds_the_same_as_with_full_text_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_order: bool
) -> None:
    monkeypatch.setattr(catalogue_writer, "ROWS_AT_ONCE", 100)
    monkeypatch.setattr(name_index_writer, "PAIRS_AT_ONCE", 500)
    monkeypatch.setattr(name_index, "FIRST_TESTED", 2)
    now, again, before = (written(tmp_path / name, invented(1500), in_order) for name in ("now", "again", "before"))
    assert content_of(now) == content_of(again)
    assert len(content_of(now)) == (3 if in_order else 4)
    with_full_text(before / FILE)
    with closing(Catalogue(now)) as one, closing(Catalogue(before)) as other:
        require_sound_name_index(one)
        for query in QUERIES:
            assert answer(NameSearch(one), query) == answer(NameSearch(other), query), query
        assert NameSearch(one).find("kalo")[1] > 10
        assert [NameSearch(one).find(query)[1] > 10 for query in WITH_NUL] == [False, False, True]


def test_a_catalogue_may_have_no_names_with_a_trigram(tmp_path: Path) -> None:
    directory = written(tmp_path / "x", [("", name, None, 9, at + 1) for at, name in enumerate(["yz", "", "a b", "y"])])
    with closing(Catalogue(directory)) as catalogue:
        search = NameSearch(catalogue)
        assert [track.row for track in search.find("y")[0]] == [3]
        assert [track.row for track in search.completions("y", 5, 9)] == [0, 3]
        assert [track.row for track in search.find("b")[0]] == [2]
        assert search.find("yzz") == ([], 0)
        require_sound_name_index(catalogue)
    (tmp_path / "none").mkdir()
    write_catalogue(tmp_path / "none", table_of(TRACKS, []))
    with closing(Catalogue(tmp_path / "none")) as catalogue:
        assert NameSearch(catalogue).find("yzz") == ([], 0)


def test_an_index_that_grows_equals_one_that_is_made_at_once(tmp_path: Path) -> None:
    tracks = invented(300)
    before, after = written(tmp_path / "before", tracks), tmp_path / "after"
    for step in range(4):
        after.mkdir()
        changed = {step: 100 + step, 250: 60 + step}
        added: Fields = ("Added", f"Kalo {step}", None, 70 + step, 301 + step)
        changes = CatalogueChanges(
            changed=table_of({"row": TRACKS["count"], "count": TRACKS["count"]}, list(changed.items())),
            added=table_of(TRACKS, [added]),
            spellings=table_of(SPELLINGS, []),
            uris=table_of(URIS, []),
        )
        grow_catalogue(before, after, 300 + step, changes)
        tracks = [(*track[:3], changed.get(row, track[3]), track[4]) for row, track in enumerate(tracks)] + [added]
        before, after = after, tmp_path / f"after {step}"
    assert content_of(before) == content_of(written(tmp_path / "at once", tracks))
    with closing(Catalogue(before)) as catalogue:
        assert [track.row for track in NameSearch(catalogue).find("added kal")[0]] == [303, 302, 301, 300]
        counts = catalogue.counts()
        assert (counts[3], counts[250], len(counts)) == (103, 63, 304)
        require_sound_name_index(catalogue)


def spoil(name: str, change: Callable[[Any], Any]) -> Callable[[Path], None]:
    """Return a function that changes the array in one file of an index."""

    def spoiled(directory: Path) -> None:
        np.save(directory / name, change(np.load(directory / name)))

    return spoiled


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (spoil(TRIGRAMS, lambda array: array[::-1]), "its files do not match"),
        (spoil(TRIGRAMS, lambda array: array[:-1]), "its files do not match"),
        (spoil(OFFSETS, lambda array: array[::-1]), "its files do not match"),
        (spoil(ROWS, lambda array: array[:-1]), "its files do not match"),
        (spoil(ROWS, lambda array: array.astype(np.int64)), "not a 1-dimensional array of int32"),
        (lambda directory: (directory / ROWS).unlink(), "No such file"),
        (spoil(ROWS, lambda array: array + 10_000), "unknown track"),
        (spoil(ROWS, lambda array: -array), "unknown track"),
        (spoil(ROWS, lambda array: array[::-1]), "the name index does not match the names"),
        (spoil(TRIGRAMS, lambda array: array + (1 << 62)), "no such letter|does not match the names"),
    ],
)
@pytest.mark.parametrize("in_order", [True, False])
def test_a_damaged_index_is_an_error(
    tmp_path: Path, damage: Callable[[Path], None], message: str, in_order: bool
) -> None:
    directory = written(tmp_path / "x", invented(300), in_order)
    damage(directory)
    with pytest.raises(SgpError, match=message), closing(Catalogue(directory)) as catalogue:
        for query in QUERIES:
            answer(NameSearch(catalogue), query)
            NameSearch(catalogue).misspelt(query)
        require_sound_name_index(catalogue)


def test_an_index_of_another_catalogue_is_damaged(tmp_path: Path) -> None:
    one, other = written(tmp_path / "one", invented(300)), written(tmp_path / "other", invented(310))
    for name in FILES:
        (other / name).replace(one / name)
    with closing(Catalogue(one)) as catalogue, pytest.raises(ExperimentError, match="its files do not match"):
        _ = catalogue.name_index


@pytest.mark.parametrize(
    ("trigram", "packed"),
    [("abc", (97 << 42) + (98 << 21) + 99), ("a", 97 << 42), ("é\U0010ffff", (0xE9 << 42) + (0x10FFFF << 21))],
)
def test_a_trigram_is_packed_into_one_integer(trigram: str, packed: int) -> None:
    assert pack(trigram) == packed < 2**63
    assert unpack(packed) == trigram
