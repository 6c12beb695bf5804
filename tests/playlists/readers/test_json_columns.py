"""JSON that msgspec decodes is read as Python reads it, and what msgspec refuses is read by Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skipgramophone.playlists.readers import json_columns, play_objects
from skipgramophone.playlists.readers.json_columns import ArrayPart
from skipgramophone.playlists.readers.rows import UNESCAPED, as_text
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.test_history_columns import WriteDump, assert_same

PLAY = '{"endTime":"2021-06-01 10:05","artistName":"A","trackName":"B","msPlayed":1000}'
LISTEN = '{"listened_at":1622541600,"track_metadata":{"artist_name":"A","track_name":"B"}}'
# Fields that replace the last field of a play or a listen: unusual or damaged JSON.
LAST_FIELDS = [
    '"x":NaN', '"x":-Infinity', '"x":1e999', '"x":01', '"x":1.', '"x":-', '"x":+1', '"x":tru', '"x":nul', '"x":0x1',
    '"x":' + "9" * 5000, '"msPlayed":0,"x":' + "9" * 5000,
    '"x":"\\ud800"', '"x":"\\ude00\\ud83d"', '"x":"\\ud83d\\ude00"', '"x":"\\x"', '"x":"\\u00g0"',
    '"x":"a\tb"',
    '"x":"a\nb"', '"x":"a\x7fb"', '"x":"', '"x":"\\"', '"x":[1,{"y":[]}]', '"x":[1,]', '"x":{"y":1,}', '"x":[{},{}]',
    '"x":"},{"', '"x":"}"', '"x":"{"', '"x"', '"x":', '"x":1,', "'x':1", "x:1", '"x":1}', '"x":[[}',
    '"x":1,"x":{"y":2}',
    '"msPlayed":2,"msPlayed":3', '"msPlayed":1e3', '"msPlayed":1.0', '"msPlayed":-0', '"msPlayed":true',
    '"msPlayed":99999999999999999999', '"msPlayed":9007199254740993', '"msPlayed":-9223372036854775809',
    '"\\u006dsPlayed":5', '"artistName":"A","artistName":null', '"artistName":7', '"trackName":"\\ud800"',
    '"trackUri":"spotify:track:1","msPlayed":0', '"ts":"2021-06-01T10:00:00Z"', '"\\u0074s":null', '"episode_name":5',
    '"listened_at":1.5', '"listened_at":9223372036854775808', '"listened_at":null', '"user_name":["a"]',
    '"track_metadata":{}', '"track_metadata":[]', '"track_metadata":{"artist_name":"A","additional_info":"x"}',
    '"track_metadata":{"artist_name":"A","additional_info":{"isrc":["x"],"recording_mbid":1}}',
    '"track_metadata":{"artist_name":"\\u0041\\/","track_name":"\\u0000"}', '"é":"\xa0"', '"":0', '"x":1 /* */',
]  # fmt: skip


@pytest.mark.parametrize("last", LAST_FIELDS)
def test_unusual_objects_are_read_as_python_reads_them(last: str) -> None:
    play, listen = (f"{usual[:-1]},{last}}}" for usual in (PLAY, LISTEN))
    around = [PLAY.replace("B", f"B{at}") for at in range(3)]
    assert_same(f"[{','.join([*around, play, *around])}]", "StreamingHistory0.json", "spotify", keep=["skips"])
    listens = [LISTEN.replace("B", f"B{at}") for at in range(3)]
    assert_same(f"[{', '.join([*listens, listen, *listens])}]", "listens.json", "listenbrainz")
    assert_same("\n".join([*listens, listen, *listens]), "listens.jsonl", "listenbrainz")


@pytest.mark.parametrize(
    ("start", "between", "end"),
    [
        ("\ufeff[", ",", "]"),
        ("\ufeff\ufeff[", ",", "]"),
        (" [\r\n", " ,\r\n", "\r\n] \n"),
        ("[", ",", "]x"),
        ("[", ",", "]]"),
        ("[", ",", ",]"),
        ("[,", ",", "]"),
        ("[", "", "]"),
        ("[", ",,", "]"),
        ("", ",", ""),
        ("[", ",", ""),
        ("[", "\x0b,", "]"),
        ("[", ",", "]\0"),
        ("[", ",", ",1]"),
        ("[", ",", ",{}]"),
        ("[", ",", ',"},{"]'),
        ("[", ",", ",[{},{}]]"),
        ("[[", ",", "]]"),
        ('{"x":[', ",", "]}"),
        ("[", ",", '] {"x":1}'),
        ("[", ",", ",{}, {}]"),
    ],
)
def test_what_surrounds_the_objects_is_checked(start: str, between: str, end: str) -> None:
    plays = between.join(PLAY.replace("B", f"B{at}") for at in range(7))
    for number in (-1, 3):
        assert_same(f"{start}{plays}{end}", "StreamingHistory0.json", "spotify", num_rows=number)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_bytes_that_are_not_text_are_replaced(encoding: str) -> None:
    data = f"[{PLAY},{PLAY},{PLAY.replace('A', 'ä')},{PLAY}]".encode(encoding)
    data = data.replace(b"\xc3\xa4", b"\xff") if encoding == "utf-8" else data
    for bad in ("reject", "replace"):
        assert_same(data, "StreamingHistory0.json", "spotify", encoding=encoding, bad_bytes=bad)


def test_a_refused_object_does_not_make_python_read_the_others(write_dump: WriteDump) -> None:
    plays = [PLAY.replace("B", f"B{at}") for at in range(100)]
    plays[50] = PLAY.replace("1000", "1.5")
    path = write_dump(f"[{','.join(plays)}]", "StreamingHistory0.json")
    decoded: list[bool] = []

    def noted(*arguments: Any, **numbers: Any) -> ArrayPart:
        decoded.append(arguments[2])
        return ArrayPart(*arguments, **numbers)

    with patch.object(json_columns, "WINDOW", 800), patch.object(json_columns, "ArrayPart", noted):
        (reader,) = open_sources([path], ExtractSettings()).readers
        (block,) = reader.blocks()
    assert (block.used, [reject.line for reject in block.rejects]) == (99, [51])
    assert decoded.count(False) == 1
    assert len(decoded) > 5


def test_an_episode_among_plays_with_albums_is_read() -> None:
    names = ("master_metadata_album_artist_name", "master_metadata_track_name", "master_metadata_album_album_name")
    play = {"ts": "2021-06-01T10:00:00Z", "ms_played": 1000} | dict.fromkeys(names, "A")
    episode = play | dict.fromkeys(names) | {"episode_name": "E", "episode_show_name": "S"}
    text = json.dumps([play, episode, play, play | {"ts": "2021-06-01 10:00:00.5"}])
    assert_same(text, "StreamingHistory0.json", "spotify", keep=["episodes"])


def test_an_array_larger_than_the_limit_is_refused(write_dump: WriteDump) -> None:
    path = write_dump(f"[{','.join([PLAY] * 9)}]", "StreamingHistory0.json")
    (reader,) = open_sources([path], ExtractSettings()).readers
    with patch.object(json_columns, "LARGEST", 500), pytest.raises(Exception, match="is larger than 0 MiB"):
        list(reader.blocks())


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(1 << 70), 1 << 70), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=5,
)


@settings(max_examples=settings().max_examples // 2)
@given(st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), min_size=1, max_size=4), st.booleans())
def test_an_object_of_a_part_is_the_object_that_python_reads(objects: list[dict[str, Any]], escaped: bool) -> None:
    data = json.dumps(objects, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    if play_objects.decode_listens(data) is None:
        return
    part = ArrayPart(data, objects, True, first=1, wanted=len(objects))
    assert [repr(each) for each in part.some(range(len(objects)))] == [repr(each) for each in json.loads(data)]


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=5))
def test_an_object_is_written_as_python_writes_it(value: dict[str, Any]) -> None:
    assert as_text(value) == UNESCAPED.encode(value).encode("utf-8", "backslashreplace").decode()


def test_lone_surrogates_in_a_rejected_object_are_escaped(tmp_path: Path) -> None:
    assert as_text({"a": "\ud800", "b": 1 << 64}) == '{"a": "\\ud800", "b": 18446744073709551616}'
    path = tmp_path / "StreamingHistory0.json"
    path.write_text("[" + ",".join([PLAY.replace("1000", "0").replace("A", "\\ud800")] * 2) + "]")
    (reader,) = open_sources([path], ExtractSettings()).readers
    assert [reject.line for block in reader.blocks() for reject in block.rejects] == [1, 2]
