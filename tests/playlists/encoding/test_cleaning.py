"""Cleaning of playlists: examples with known results, and that every occurrence is kept or counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skipgramophone.errors import SourceError
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.postings import build_postings
from skipgramophone.pipeline.extract import extract
from skipgramophone.playlists.encoding.cleaning import clean_corpus, count_repeats, offsets_of
from skipgramophone.playlists.encoding.encoder import encode
from skipgramophone.settings import ExtractSettings
from tests.playlists.encoding.test_encoder import Row, blocks_of, decoded

WriteDump = Callable[..., Path]
Lists = list[list[int]]


def corpus_of(lists: Lists) -> Corpus:
    """Return a corpus of lists of tracks."""
    lengths = np.array([len(tracks) for tracks in lists], np.int64)
    return Corpus(np.array([track for tracks in lists for track in tracks], np.int32), offsets_of(lengths))


def lists_of(corpus: Corpus, settings: ExtractSettings) -> tuple[Lists, dict[str, int]]:
    """Return the lists of tracks after cleaning, and the number of dropped occurrences by reason."""
    clean = clean_corpus(corpus, settings)
    tracks, ends = corpus.track_ids[clean.places[:]].tolist(), clean.offsets.tolist()
    return [tracks[start:end] for start, end in pairwise(ends)], clean.left_out


LONG = list(range(20))
CASES: list[tuple[dict[str, Any], Lists, Lists, dict[str, int]]] = [
    ({}, [[1, 1], [2]], [[1, 1], [2]], {}),
    ({"repeats": "drop"}, [[1, 2, 1, 1], [1]], [[1, 2], [1]], {"repeated within a playlist": 2}),
    ({"min_length": 2}, [[1], [1, 2], [3]], [[1, 2]], {"in playlists shorter than 2": 2}),
    ({"max_length": 3}, [[1, 2, 3, 4, 5, 6, 7], [8]], [[1, 2], [3, 4], [5, 6, 7], [8]], {}),
    (
        {"drop_duplicate_playlists": True},
        [LONG[:19], [50, 51], LONG, LONG[::-1]],
        [[50, 51], LONG],
        {"in near-duplicates of other playlists": 39},
    ),
    (
        {"repeats": "drop", "min_length": 2},
        [[1, 1], [1, 2]],
        [[1, 2]],
        {"repeated within a playlist": 1, "in playlists shorter than 2": 1},
    ),
]


@pytest.mark.parametrize(("settings", "lists", "left", "left_out"), CASES)
def test_cleaning_drops_what_the_settings_name_and_counts_it(
    settings: dict[str, Any], lists: Lists, left: Lists, left_out: dict[str, int]
) -> None:
    assert lists_of(corpus_of(lists), ExtractSettings(**settings)) == (left, left_out)


LISTS = st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=12), min_size=1, max_size=12)
ASKED = st.fixed_dictionaries(
    {
        "repeats": st.sampled_from(["keep", "drop"]),
        "drop_duplicate_playlists": st.booleans(),
        "min_length": st.integers(1, 4),
        "max_length": st.sampled_from([None, 4, 5, 7]),
    }
)


@given(LISTS, ASKED)
def test_every_occurrence_is_kept_or_counted(lists: Lists, asked: dict[str, Any]) -> None:
    settings = ExtractSettings(**asked)
    left, left_out = lists_of(corpus_of(lists), settings)
    assert sum(map(len, left)) + sum(left_out.values()) == sum(map(len, lists))
    assert all(len(tracks) <= (settings.max_length or 99) for tracks in left)
    if settings.repeats == "drop":
        assert all(len(set(tracks)) == len(tracks) for tracks in left)
    if asked == {"repeats": "drop", "drop_duplicate_playlists": False, "min_length": 1, "max_length": None}:
        assert left == [list(dict.fromkeys(tracks)) for tracks in lists]


@given(LISTS)
def test_repeats_and_playlists_with_the_same_tracks_are_counted(lists: Lists) -> None:
    repeats = sum(len(tracks) - len(set(tracks)) for tracks in lists)
    postings = build_postings(corpus_of(lists), 1 + max(map(max, lists), default=0))
    assert count_repeats(postings) == (repeats, len(lists) - len({frozenset(tracks) for tracks in lists}))


def test_group_by_name_merges_playlists_and_merge_uris_merges_tracks() -> None:
    rows: list[Row] = [
        ("u", "Starred", "A", "Song", "x:1"),
        ("v", "Starred", "a", "song ", "x:2"),
        ("v", "Starred", "B", "Other", None),
        ("u", "Starred", "A", "Song", None),
    ]
    apart = encode(blocks_of(rows))
    assert (len(apart.tracks), apart.namesakes, apart.playlists.num_rows) == (4, 2, 2)
    settings = ExtractSettings(group_by="name", merge_uris=True)
    merged = encode(blocks_of(rows), settings)
    assert decoded(merged) == [("u", "Starred", [("A", "Song"), ("A", "Song"), ("B", "Other"), ("A", "Song")])]
    assert merged.tracks["uri"].to_pylist() == ["x:1", None]
    assert merged.namesakes == 0
    assert merged.spellings.to_pylist() == [{"row": 0, "artist": "a", "title": "song ", "count": 1}]


def test_automatic_playlists_are_dropped_and_counted(write_dump: WriteDump, experiments: Path) -> None:
    rows = [("u", "A", f"song {at}", name) for at, name in enumerate(["Daily Mix 3", "mine", "mine", "En boucle"])]
    path = write_dump(rows)
    asked = ExtractSettings(drop_automatic_playlists=True)
    report = extract("x", path, asked, experiments_dir=experiments)
    assert (report.playlists, report.rows_used, report.left_out) == (1, 2, {"in automatic playlists": 2})
    assert asked.recorded["drop_automatic_playlists"] is True
    assert "drop_automatic_playlists" not in ExtractSettings().recorded
    more = write_dump([("u", "A", "song 9", "On Repeat"), ("u", "A", "song 8", "mine")], "more.csv")
    grown = extract("x", more, append=True, experiments_dir=experiments)
    assert (grown.playlists, grown.occurrences) == (1, 3)
    only = write_dump([("u", "A", "song 9", "On Repeat")], "only.csv")
    with pytest.raises(SourceError, match="cleaning left out all rows: 1 in automatic playlists"):
        extract("y", only, replace(asked, repeats="drop", drop_duplicate_playlists=True, min_length=2))
