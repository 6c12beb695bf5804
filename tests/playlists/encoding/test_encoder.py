"""Encoding, compared with a slow encoder that works row by row."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skipgramophone.names.arrow_normalization import fold_full_names, fold_names, full_names
from skipgramophone.names.normalization import fold_name, full_name, identity
from skipgramophone.playlists.encoding import key_numbering, numbering, partitioning, track_numbering
from skipgramophone.playlists.encoding.encoded_playlists import EncodedPlaylists
from skipgramophone.playlists.encoding.encoder import encode
from skipgramophone.playlists.encoding.name_counts import SORTABLE_LENGTH
from skipgramophone.playlists.encoding.track_numbering import _identity_keys
from skipgramophone.playlists.readers.rows import RowBlock

Row = tuple[str, str, str, str, str | None]  # owner, playlist, artist, title, uri


@pytest.fixture(scope="module", autouse=True)
def few_parts() -> Iterator[None]:
    """Partition strings into few parts, which is faster here and gives the same results."""
    with patch.object(partitioning, "PART_BITS", 2), patch.object(key_numbering, "PART_BITS", 2):
        yield


def blocks_of(rows: list[Row], size: int = 1000) -> list[RowBlock]:
    """Return rows in blocks of a size."""
    names = ("owner", "playlist", "artist", "title", "uri")
    blocks = []
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        columns = {name: pa.array([row[at] for row in some], pa.large_string()) for at, name in enumerate(names)}
        blocks.append(RowBlock(pa.table({**columns, "key": pa.nulls(len(some), pa.large_string())})))
    return blocks


def key(row: Row) -> tuple[str, ...]:
    """Return the identity of the track of a row."""

    def fold(name: str) -> str:
        name = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
        return name.strip()

    return (row[4],) if row[4] is not None else (fold(row[2]), fold(row[3]))


def decoded(encoded: EncodedPlaylists) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return owner, name and track names of each playlist."""
    names = list(zip(encoded.tracks["artist"].to_pylist(), encoded.tracks["title"].to_pylist(), strict=True))
    owners, playlists = encoded.playlists["owner"].to_pylist(), encoded.playlists["name"].to_pylist()
    return [
        (owners[p], playlists[p], [names[t] for t in encoded.track_ids[encoded.offsets[p] : encoded.offsets[p + 1]]])
        for p in range(len(owners))
    ]


WORDS = st.sampled_from(["a", "A", " a", "b", "B ", "ß", "SS", "é", "e\u0301", "É", "Σ", "ς", "İ", ""])
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["u", "v"]),
        st.sampled_from(["p", "P", "q"]),
        WORDS,
        WORDS,
        st.sampled_from([None, None, "x:1", "x:2"]),
    ),
    min_size=1,
    max_size=40,
)


@given(ROWS, st.integers(1, 7), st.integers(0, 14))
def test_encoding_equals_a_row_by_row_encoder(rows: list[Row], size: int, few: int) -> None:
    # The sizes of blocks and parts, and the number of values that are one part, do not affect the result.
    with (
        patch.multiple(numbering, ROWS_AT_ONCE=size, PENDING=size, FEW_VALUES=few),
        patch.object(track_numbering, "FEW_VALUES", few),
        patch.object(key_numbering, "FEW_VALUES", few),
    ):
        encoded = encode(blocks_of(rows, size))

    first: dict[tuple[str, ...], int] = {}
    for at, row in enumerate(rows):
        first.setdefault(key(row), at)
    count = Counter(map(key, rows))
    ranked = sorted(first, key=lambda k: (-count[k], first[k]))
    assert encoded.tracks["count"].to_pylist() == [count[k] for k in ranked]
    assert encoded.tracks["first_place"].to_pylist() == [first[k] + 1 for k in ranked]
    assert encoded.tracks["artist"].to_pylist() == [rows[first[k]][2] for k in ranked]
    assert encoded.tracks["title"].to_pylist() == [rows[first[k]][3] for k in ranked]
    assert encoded.tracks["uri"].to_pylist() == [rows[first[k]][4] for k in ranked]

    playlists: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        playlists.setdefault(row[:2], []).append(ranked.index(key(row)))
    names = zip(encoded.playlists["owner"].to_pylist(), encoded.playlists["name"].to_pylist(), strict=True)
    assert list(names) == list(playlists)
    assert encoded.track_ids.tolist() == [track for tracks in playlists.values() for track in tracks]
    assert encoded.offsets.tolist() == np.cumsum([0, *map(len, playlists.values())]).tolist()

    others = Counter((ranked.index(key(row)), row[2], row[3]) for row in rows if row[2:4] != rows[first[key(row)]][2:4])
    spelt = zip(*(encoded.spellings[name].to_pylist() for name in ("row", "artist", "title", "count")), strict=True)
    assert {(row, artist, title): n for row, artist, title, n in spelt} == others


@given(
    st.lists(
        st.text(st.characters(codec="utf-8"), max_size=9) | st.text(" \t\n\x0b\x1c\x00Aa-\u0301\u00a0é", max_size=9),
        max_size=9,
    ),
    st.integers(0, 9),
    st.integers(1, 9),
)
def test_folding_an_array_of_names_equals_folding_each(names: list[str], few: int, at_once: int) -> None:
    strings = pa.array(list(dict.fromkeys(names)), pa.large_string())
    assert fold_names(strings).to_pylist() == [fold_name(name) for name in strings.to_pylist()]
    pairs = list(zip(strings.to_pylist(), strings[::-1].to_pylist(), strict=True))
    assert full_names(strings, strings[::-1]).to_pylist() == [full_name(*pair) for pair in pairs]
    folded = [fold_name(full_name(*pair)) for pair in pairs], [fold_name(title) for _, title in pairs]
    assert tuple(array.to_pylist() for array in fold_full_names(strings, strings[::-1])) == folded
    with patch.object(track_numbering, "FEW_VALUES", few), patch.object(numbering, "ROWS_AT_ONCE", at_once):
        codes, number = _identity_keys(strings)
    keys = [identity(name) for name in strings.to_pylist()]
    assert number == len(set(keys))
    assert [codes.tolist().index(code) for code in codes] == [keys.index(key) for key in keys]


@given(st.text(st.characters(codec="utf-8") | st.characters(min_codepoint=0x300, max_codepoint=0x36F), max_size=9))
def test_folding_removes_combining_characters(name: str) -> None:
    letters = [letter for letter in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(letter)]
    assert fold_name(name) == " ".join(("".join(letters) or name).casefold().split())


def test_playlists_of_different_owners_with_one_name_stay_separate() -> None:
    rows: list[Row] = [
        ("u", "Starred", "A", "1", None),
        ("v", "Starred", "A", "2", None),
        ("u", "Starred", "A", "3", None),
    ]
    assert decoded(encode(blocks_of(rows))) == [
        ("u", "Starred", [("A", "1"), ("A", "3")]),
        ("v", "Starred", [("A", "2")]),
    ]


def test_repeats_within_a_playlist_are_kept() -> None:
    rows: list[Row] = [("u", "p", "A", "1", None)] * 3
    encoded = encode(blocks_of(rows))
    assert encoded.track_ids.tolist() == [0, 0, 0]
    assert encoded.tracks["count"].to_pylist() == [3]


def test_playlists_sorted_by_code_point_are_counted_if_long_enough() -> None:
    def playlist(name: str, titles: list[str]) -> list[Row]:
        return [("u", name, "A", title, None) for title in titles]

    rows = [
        *playlist("capitals first", ["B", "Z", "a", "b", "é"]),
        *playlist("as people sort", ["a", "B", "c", "D", "e"]),
        *playlist("short", ["a", "b", "c", "d"]),
        *playlist("falls at the end", ["a", "b", "c", "d", "e", "a"]),
        *playlist("all alike", ["x"] * SORTABLE_LENGTH),
        *playlist("beyond the plane", ["a", "b", "\uffff", "\U00010000", "\U0001f600"]),
    ]
    encoded = encode(blocks_of(rows))
    assert (encoded.counts.result().sorted_by_title, encoded.counts.result().sortable) == (3, 5)


TITLES = st.text(st.sampled_from("ab\x00é\U0001f600"), max_size=3).map(lambda end: "abcdefg"[: len(end) * 3] + end)


@given(st.lists(st.lists(TITLES, min_size=1, max_size=9), min_size=1, max_size=9), st.booleans(), st.integers(1, 20))
def test_the_count_of_sorted_playlists_equals_that_of_python(
    playlists: list[list[str]], in_order: bool, size: int
) -> None:
    rows: list[Row] = [
        ("u", f"{at}", "artist", title, None)
        for at, titles in enumerate(playlists)
        for title in (sorted(titles) if in_order else titles)
    ]
    with patch.multiple(numbering, ROWS_AT_ONCE=size):
        encoded = encode(blocks_of(rows))
    long = [titles for titles in playlists if len(titles) >= SORTABLE_LENGTH]
    expected = len(long) if in_order else sum(titles == sorted(titles) for titles in long)
    assert (encoded.counts.result().sorted_by_title, encoded.counts.result().sortable) == (expected, len(long))
