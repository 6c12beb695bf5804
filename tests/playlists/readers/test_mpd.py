"""The MPD reader returns the same rows whether Arrow reads them or Python reads track by track."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from skipgramophone.errors import SgpError
from skipgramophone.playlists.readers import mpd
from skipgramophone.playlists.readers.lines import whole_bytes
from skipgramophone.playlists.readers.mpd import MpdReader, records_of
from skipgramophone.playlists.readers.rows import RowBlock, gather_blocks
from skipgramophone.playlists.readers.source_files import files_of
from skipgramophone.settings import ExtractSettings

Read = tuple[list[dict[str, Any]], list[Any], int] | str
NAMES = st.sampled_from(["a", "B", "é", "", "-", "<MISSING>", 'x "y"', "\U0001f600", "tab\there", "\0"])
ODD: st.SearchStrategy[Any] = st.sampled_from([None, 3, True, "\ud800", [], {}, 1.5, 2**70])
MAYBE_ODD: st.SearchStrategy[Any] = st.one_of(*[NAMES] * 9, ODD)
TRACKS = st.fixed_dictionaries(
    {"track_name": MAYBE_ODD}, optional={"artist_name": NAMES, "track_uri": NAMES, "pos": ODD}
)
PLAYLISTS = st.fixed_dictionaries(
    {"pid": st.one_of(*[st.integers(0, 3)] * 9, ODD), "tracks": st.lists(TRACKS, max_size=4)},
    optional={"name": MAYBE_ODD, "num_edits": ODD},
)
CUTS = [
    *'{}[],:"\\ \n\r\t',
    "\0",
    "\x01",
    '"pid": 7,',
    '"playlists": [],',
    "null",
    "7",
    "\ufeff",
    "\\ud800",
    "NaN",
    "-0",
    "1.0",
]


def all_of(blocks: list[RowBlock]) -> Read:
    """Return the rows, rejects and replaced characters of all blocks."""
    rows = [row for block in blocks for row in block.table.to_pylist()]
    return rows, [reject for block in blocks for reject in block.rejects], blocks[-1].replaced if blocks else 0


def both(data: bytes, **others: Any) -> tuple[Read, Read, bool]:
    """Read a slice with its reader and track by track; also return whether Arrow read it."""
    settings, tables = ExtractSettings(**others), []

    def recorded(raw: bytes) -> Any:
        tables.append(_read_with_arrow(raw))
        return tables[-1]

    _read_with_arrow = mpd._read_with_arrow
    found: list[Read] = []
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "slice.json"
        path.write_bytes(data)
        (file,) = files_of(path)
        for way in ("columnar", "records"):
            try:
                if way == "columnar":
                    with patch.object(mpd, "_read_with_arrow", recorded):
                        found.append(all_of(list(MpdReader(file, settings).blocks())))
                else:
                    with file.open(settings.encoding, settings.bad_bytes == "replace") as stream:
                        records = records_of(stream, whole_bytes(stream, 1 << 20))
                        found.append(all_of(list(gather_blocks(records, stream, settings))))
            except SgpError as error:
                found.append(str(error))
    return found[0], found[1], any(table is not None for table in tables)


@given(st.lists(PLAYLISTS, max_size=4), st.booleans(), st.sampled_from([None, 1]), st.booleans())
def test_odd_values_give_the_same_rows(
    playlists: list[Any], ascii_only: bool, indent: int | None, placeholders: bool
) -> None:
    text = json.dumps({"info": {}, "playlists": playlists}, ensure_ascii=ascii_only, indent=indent)
    keep = ("placeholders",) if placeholders else ()
    columnar, records, _ = both(text.encode("utf-8", "surrogatepass"), keep=keep)
    assert columnar == records


@given(st.data(), st.booleans())
def test_damaged_json_gives_the_same_rows_or_error(data: st.DataObject, replaces: bool) -> None:
    tracks = [{"track_name": "a", "artist_name": "b", "track_uri": "u"}, {"track_name": "-", "artist_name": ""}]
    text = json.dumps({"playlists": [{"pid": 3, "name": "p", "tracks": tracks}, {"pid": 4, "tracks": []}]}).encode()
    at = data.draw(st.integers(0, len(text)))
    more = data.draw(st.sampled_from(CUTS)).encode() + data.draw(st.sampled_from([b"", b"\xff"]))
    changed = text[:at] + more + text[at + data.draw(st.integers(0, 3)) :]
    columnar, records, _ = both(changed, bad_bytes="replace" if replaces else "reject")
    assert columnar == records


def test_arrow_reads_a_well_formed_slice() -> None:
    tracks = [{"track_name": "a", "artist_name": "b", "pos": 0}, {"track_name": "c", "artist_name": "-"}]
    slice_of_two = {"playlists": [{"pid": 3, "tracks": tracks}, {"pid": 4, "name": "p", "tracks": []}]}
    columnar, records, plain = both(json.dumps(slice_of_two, indent=4).encode())
    assert plain
    assert columnar == records
    row = {"owner": "", "playlist": "", "key": "pid 3", "artist": "b", "title": "a", "uri": None}
    assert columnar[0] == [row, row | {"artist": "-", "title": "c"}]
