"""Scrobbles of Last.fm in JSON that are read in columns have the rows that reading record by record gives."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skipgramophone.playlists.readers import scrobble_objects
from tests.playlists.readers.examples import LASTFM_PAGES, LASTFMSTATS_JSON
from tests.playlists.readers.test_history_columns import NAMES, NUMBERS, assert_same

NAMED = st.one_of(NAMES, st.fixed_dictionaries({}, optional={"#text": NAMES, "name": NAMES, "mbid": NAMES}))
MOMENTS = st.sampled_from(
    [1622541600, "1622541700", 1622541800000, "2021-06-01 10:05:00", -5, 1 << 70, 1.5, True, None, "", "soon", [1]]
)
SCROBBLE = st.fixed_dictionaries(
    {},
    optional={
        "artist": NAMED,
        "album": NAMED,
        "name": NAMES,
        "track": NAMES,
        "mbid": st.sampled_from(["x", "", None, 7, "\ud800"]),
        "date": st.one_of(MOMENTS, st.fixed_dictionaries({}, optional={"uts": MOMENTS, "#text": NAMES})),
        "@attr": st.just({"nowplaying": "true"}),
        "albumId": st.just(""),
        "image": st.just([{"size": "small", "#text": "},{"}]),
    },
)
USUAL = {"artist": {"#text": "A"}, "name": "B", "date": {"uts": "1622541600"}}
SHAPES = ["stats", "page", "recent", "pages", "numbered pages", "recent pages", "flat", "odd page", "null"]


def document(shape: str, scrobbles: list[Any], user: Any) -> Any:
    """Return scrobbles in one of the shapes in which they are saved."""
    half = len(scrobbles) // 2
    pages: list[Any] = [{"track": scrobbles[:half]}, {"track": scrobbles[half:], "@attr": {"page": "2"}}]
    shapes = {
        "stats": {"username": user, "scrobbles": scrobbles},
        "page": pages[1] | {"username": user},
        "recent": {"recenttracks": pages[1]},
        "pages": pages,
        "numbered pages": [{"@attr": {"page": "1"}} | page for page in pages],
        "recent pages": [{"recenttracks": page} for page in pages],
        "flat": scrobbles,
        "odd page": [*pages, {"track": {}}],
        "null": {"scrobbles": None, "track": scrobbles},
    }
    return shapes[shape]


@settings(max_examples=settings().max_examples // 2)
@given(
    st.lists(st.one_of(SCROBBLE, st.just(USUAL), st.sampled_from([None, "x", []])), max_size=9),
    st.sampled_from(SHAPES),
    st.sampled_from(["me", "", None, 7, "\ud800"]),
    st.sampled_from([None, 1]),
    NUMBERS,
)
def test_scrobbles_in_any_shape(scrobbles: list[Any], shape: str, user: Any, indent: int | None, number: int) -> None:
    text = json.dumps(document(shape, scrobbles, user), indent=indent, ensure_ascii="\ud800" in repr(scrobbles))
    with patch.object(scrobble_objects, "WINDOW", 300):
        assert_same(text, "scrobbles.json", "lastfm-json", num_rows=number)


@pytest.mark.parametrize(
    "last",
    [
        '"x":NaN', '"x":1e999', '"x":01', '"x":"\\ud800"', '"x":"a\tb"', '"x":"', '"x":[1,]', '"x":"\\x"', '"x"',
        "'x':1",
        '"x":' + "9" * 5000, '"name":"C","name":"D"', '"\\u006eame":"E"', '"date":{"uts":"1622541600","uts":null}',
        '"date":{"uts":1.0}', '"artist":{"name":"A"}', '"artist":{"#text":null,"name":"A"}', '"artist":null',
        '"track":[]',
        '"recenttracks":{"track":[]}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("at", [0, 2])
def test_unusual_scrobbles_are_read_as_python_reads_them(last: str, at: int) -> None:
    usual = json.dumps(USUAL)
    scrobbles = [usual.replace('"B"', f'"B{number}"') for number in range(4)]
    scrobbles[at] = f"{usual[:-1]}, {last}}}"
    for start, end in (("[", "]"), ('[{"track":[', "]}]"), ('{"username":"me","scrobbles":[', "]}"), ("[", "] x")):
        with patch.object(scrobble_objects, "WINDOW", 100):
            assert_same(f"{start}{','.join(scrobbles)}{end}", "scrobbles.json", "lastfm-json")


def test_the_usual_shapes_are_read_in_columns() -> None:
    scrobbles: list[Any] = [USUAL] * 4
    for shape in ("stats", "page", "recent", "pages", "numbered pages", "recent pages", "flat"):
        data = json.dumps(document(shape, scrobbles, "me")).encode()
        found = scrobble_objects.raw_scrobbles(data)
        assert found is not None, shape
        expected = scrobbles[2:] if shape in {"page", "recent"} else scrobbles
        assert [json.loads(bytes(raw)) for raw in found[0]] == expected
    for example in (LASTFM_PAGES, LASTFMSTATS_JSON):
        assert scrobble_objects.raw_scrobbles(example.encode()) is not None
