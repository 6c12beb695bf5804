"""Histories and sessions of ids that are read in columns have the rows that reading record by record gives."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skipgramophone.errors import SgpError
from skipgramophone.playlists.format_readers import BLOCKS, RECORDS
from skipgramophone.playlists.readers import json_columns, lines, play_columns, rows
from skipgramophone.playlists.readers.rows import RowBlock, gather_blocks
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings, Format

WriteDump = Callable[..., Path]
NAMES = st.sampled_from(
    ["A", "ä,b", '"q"', "-", "", "<unknown>", "},{", "x\\", "\ud800", "日", "a\tb", " pad ", None, 7]
)  # fmt: skip
TIMES = st.sampled_from(
    ["2021-06-01T10:00:00Z", "2021-06-01 10:05", "2021-06-01T10:20:00Z", "2021-02-30T10:00:00Z", "2021-06-01 24:00",
     "0000-00-00 00:00", "0999-01-01 00:00", "2020-1-1", "soon", "", None, 5, "9999-12-31 23:59",
     "2021-06-01T09:00:00Z", "2021-06-01T10:00:00.5+02:00", "1622541600", "1622541600000"]
)  # fmt: skip
LENGTHS = st.sampled_from([0, 1, 180_000, 999_999_999_999_999, -1, 1 << 53, 1.0, "1", None, True])
NESTED = st.just({"x": [{"y": 1}, {"z": "},{"}]})
SHORT = st.fixed_dictionaries(
    {},
    optional={
        "endTime": TIMES, "msPlayed": LENGTHS, "artistName": NAMES, "trackName": NAMES, "trackUri": NAMES,
        "more": NESTED,
    },
)  # fmt: skip
EXTENDED = st.fixed_dictionaries(
    {},
    optional={"ts": TIMES, "ms_played": LENGTHS, "skipped": st.none()}
    | {f"master_metadata_{name}": NAMES for name in ("album_artist_name", "track_name", "album_album_name")}
    | dict.fromkeys(("spotify_track_uri", "episode_name", "episode_show_name"), NAMES),
)
IDS = st.sampled_from(["11111111-1111-4111-8111-111111111111", "x", "", " ", "a\nb", "\ud800", None, 7, ["x"]])
INFO = st.fixed_dictionaries({}, optional={"recording_mbid": IDS, "isrc": IDS, "spotify_id": IDS, "x": st.just(1)})
MAPPING = st.one_of(st.none(), st.just("x"), st.fixed_dictionaries({}, optional={"recording_mbid": IDS}))
TRACK = st.fixed_dictionaries(
    {},
    optional={
        "artist_name": NAMES, "track_name": NAMES, "release_name": NAMES, "additional_info": st.one_of(NESTED, INFO),
        "mbid_mapping": MAPPING,
    },
)  # fmt: skip
LISTENED = st.sampled_from([0, 1622541600, 1622541700, 1622549999, 1 << 34, (1 << 34) - 1, -1, 1.5, None, True])
LISTEN = st.fixed_dictionaries(
    {"track_metadata": st.one_of(TRACK, TRACK, TRACK, st.none(), st.just("x"))},
    optional={"listened_at": LISTENED, "user_name": NAMES},
)
DATES = st.sampled_from(
    ["20 Nov 2020 09:35", "1 Jan 2021 00:00", "31 Feb 2021 00:00", "01 Jan 2021, 10:00", "20 Nov 2020 09:50", "",
     "soon", "20 Nov 2020 24:00", "20 Nov 2020 23:60", "0 Nov 2020 09:35", "2020-11-20 09:35:00", "1605864900"]
)  # fmt: skip
MOMENTS = st.sampled_from(
    ["1605864900", "1605864900000", "2020-11-20 09:35:00", "", "soon", '"1605865900"', "99999999999999"]
)
CELLS = st.sampled_from(["A", "B", "ä", '"q, r"', '"a ""b"""', '"x\ny"', 'in "side', "-", "", "[unknown]"])
LINES = st.sampled_from(
    ["1 2", "12\t7  8 ", " 3", "", "-", "ä1 2", "1\x1f2", "1\x0b2", "\x00", "9" * 30]
)  # fmt: skip
NUMBERS = st.sampled_from([-1, 1, 2, 4])
PLAY = {"endTime": "2021-06-01 10:05", "artistName": "A", "trackName": "B", "msPlayed": 1}


def read(path: Path, chosen: ExtractSettings, *, in_columns: bool) -> Any:
    """Return all rows, all rejects, and the sessions that the next part would continue; or the message of the error."""
    (reader,) = open_sources([path], chosen).readers
    assert reader.file is not None
    sessions: dict[str, tuple[float, str, str]] = {"": (1622540000.0, "before", "key of before")}
    format: Format = reader.format  # type: ignore[assignment]
    with reader.file.open(chosen.encoding, chosen.bad_bytes == "replace") as stream:
        object.__setattr__(stream.file, "sessions", sessions)
        try:
            made: Iterator[RowBlock] = (
                BLOCKS[format](stream, chosen)
                if in_columns
                else gather_blocks(RECORDS[format](stream, chosen), stream, chosen)
            )
            blocks = list(made)
        except SgpError as error:
            return str(error)
        found = [_stated(row) for block in blocks for row in block.table.to_pylist()]
        return found, [reject for block in blocks for reject in block.rejects], sessions


def _stated(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without the optional columns that are null; a block without any value may lack such a column."""
    return {name: value for name, value in row.items() if name in rows.COLUMNS or value is not None}


def assert_same(text: str | bytes, name: str, format: str, **given_settings: Any) -> None:
    """Verify that both ways of reading a file agree, with few and with many rows in a block."""
    chosen = ExtractSettings(format=format, **given_settings)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        expected = read(path, chosen, in_columns=False)
        assert read(path, chosen, in_columns=True) == expected
        with (
            patch.object(json_columns, "WINDOW", 200),
            patch.object(lines, "BLOCK_BYTES", 150),
        ):
            few = read(path, chosen, in_columns=True)
        # Rejects are sorted within a block, and a line that is not plain changes the bounds of the blocks.
        assert few == expected
        with (
            patch.object(rows, "BLOCK_RECORDS", 3),
            patch.object(play_columns, "BLOCK_RECORDS", 3),
            patch.object(play_columns, "BLOCK_PLAYS", 6),
        ):
            assert read(path, chosen, in_columns=True) == read(path, chosen, in_columns=False)


@settings(max_examples=settings().max_examples // 3)
@given(
    st.one_of(st.lists(SHORT, max_size=9), st.lists(EXTENDED, max_size=9)),
    st.sampled_from([None, 0, 2]),
    st.booleans(),
    NUMBERS,
    st.sampled_from([None, ["skips"], ["episodes", "skips", "placeholders"]]),
)
@example([PLAY] * 3, None, True, -1, None)
def test_plays_of_spotify(
    plays: list[dict[str, Any]], indent: int | None, escaped: bool, number: int, keep: list[str] | None
) -> None:
    separators = None if indent else (",", ":")
    text = json.dumps(plays, indent=indent, ensure_ascii=escaped, separators=separators)
    assert_same(text, "StreamingHistory0.json", "spotify", num_rows=number, keep=keep, session_gap="15m")


@settings(max_examples=settings().max_examples // 3)
@given(st.lists(LISTEN, max_size=9), st.booleans(), NUMBERS, st.lists(st.integers(0, 9), max_size=2))
def test_listens_of_listenbrainz(listens: list[dict[str, Any]], array: bool, number: int, bad: list[int]) -> None:
    each = [json.dumps(listen, ensure_ascii=False) for listen in listens]
    for at in bad:
        each.insert(at, "" if at % 2 else "{not json}")
    text = f"[{', '.join(each)}]" if array else "\n".join(each) + "\n"
    assert_same(text, "listens.jsonl", "listenbrainz", num_rows=number)


@settings(max_examples=settings().max_examples // 3)
@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS, DATES, st.sampled_from(["", ",more"])), max_size=9),
    st.sampled_from(["", "uts", "index"]),
    NUMBERS,
    st.sampled_from(["\n", "\r\n"]),
)
def test_scrobbles_of_lastfm(scrobbles: list[tuple[str, ...]], layout: str, number: int, end: str) -> None:
    if layout == "uts":
        header = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid"
        table = [f"{date},,{artist},,{album},,{title},{more}" for artist, album, title, date, more in scrobbles]
    elif layout == "index":
        header = ",artist,album,track,timestamp,datetime"
        table = [f"1,{artist},{album},{title},{date},{more}" for artist, album, title, date, more in scrobbles]
    else:
        header = "A,B,C,20 Nov 2020 09:30"
        table = [f"{artist},{album},{title},{date}{more}" for artist, album, title, date, more in scrobbles]
    assert_same(end.join([header, *table]), "scrobbles.csv", "lastfm", num_rows=number)


@settings(max_examples=settings().max_examples // 3)
@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS, MOMENTS, st.sampled_from(["", "more"])), max_size=9),
    st.sampled_from(["lastfmstats", "lastfm-archive"]),
    st.sampled_from(["", " ", '"', "x", "double", "\xff", "tab"]),
    NUMBERS,
    st.sampled_from(["\n", "\r\n"]),
)
def test_tables_of_scrobbles_with_a_header(
    scrobbles: list[tuple[str, ...]], format: str, fault: str, number: int, end: str
) -> None:
    delimiter = ";" if format == "lastfmstats" else "\t"
    names = ["Artist", "Album", "AlbumId", "Track", "Date#me"]
    if format == "lastfm-archive":
        names = ["artist name", "album name", "track mbid", "track name", "unixtime", "ISO time", "application"]
    names = [fault + names[0] if fault not in {"double", "tab"} else names[0], *names[1:]]
    names += {"double": names[4:5], "tab": ["x\ty"]}.get(fault, [])
    rows = [
        delimiter.join([*fields, *[""] * (len(names) - 5), *([more] if more else [])]) for *fields, more in scrobbles
    ]
    text = end.join([delimiter.join(names), *rows])
    assert_same(text.encode("latin-1" if fault == "\xff" else "utf-8"), "scrobbles.csv", format, num_rows=number)


@settings(max_examples=settings().max_examples // 3)
@given(
    st.lists(LINES, max_size=9),
    NUMBERS,
    st.sampled_from([b"\n", b"\r\n", b"\n\n"]),
    st.booleans(),
)
def test_sessions_of_ids(sessions: list[str], number: int, end: bytes, damaged: bool) -> None:
    text = end.join(session.encode() for session in sessions) + (b"\xff 1\n" if damaged else b"")
    assert_same(b"1 2\n" + text, "sessions.txt", "sessions", num_rows=number)


def test_a_usual_history_is_read_in_columns_and_continues_in_the_next_part(write_dump: WriteDump) -> None:
    track = {"master_metadata_album_artist_name": "A", "spotify_track_uri": None, "episode_name": None}
    plays = [
        {"ts": f"2021-06-01T{at // 60:02}:{at % 60:02}:00Z", "ms_played": 60_000}
        | track
        | {"master_metadata_track_name": f"T{at % 7}"}
        for at in range(1, 600, 7)
    ]
    random.Random(1).shuffle(plays)
    write_dump(json.dumps(plays[:50], indent=2), "Streaming_History_Audio_2021_0.json")
    path = write_dump(json.dumps(plays[50:]), "Streaming_History_Audio_2021_1.json").parent
    with patch.object(play_columns, "is_valid_text", side_effect=AssertionError("read one by one")):
        readers = open_sources([path], ExtractSettings(session_gap="6m")).readers
        found = [row for reader in readers for block in reader.blocks() for row in block.table.to_pylist()]
    assert len(found) == len(plays)
    assert len({row["key"] for row in found}) < len(plays)


@pytest.mark.parametrize(
    "text", ["[]", "[ ]", "[1]", '[{"endTime": 1}', "[{}{}]", '[{},"x"]', '[{"a":1},{"b":[{},{}]}] x']
)
def test_arrays_that_are_not_histories(text: str) -> None:
    assert_same(text, "StreamingHistory0.json", "spotify")
