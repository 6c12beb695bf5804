"""Fuzzing targets: valid files, and functions that read a changed one.

readers      files that `extract` and `--file` read, packed or not
exports      files of music programs and services that `extract` reads
scripts      JSON, tables and lists of names, as scripts and people write them
names        tables of `extract --names`
importers    files that `sgp import` reads
experiment   each file that `similar`, `continue` and `explain` open; in most cases the manifests are rewritten after
             the change, as in a malicious archive, so that the checksums match and the reader itself is tested
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import skipgramophone as sgp
from skipgramophone import importers
from skipgramophone.errors import SgpError
from skipgramophone.playlists.format_readers import BLOCKS
from skipgramophone.playlists.name_table import read_name_table
from skipgramophone.playlists.playlist_file import read_listing
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import Format
from tests.conftest import dump_text, two_genres
from tests.faults.cases import Case, Target, one_line_errors
from tests.faults.experiment_target import experiment
from tests.playlists.readers.examples import BESIDE, EXAMPLES, TOGETHER
from tests.playlists.readers.script_examples import LISTS, SCRIPT_EXAMPLES
from tests.playlists.readers.test_history_columns import read as read_history

NAMES_OF_LISTEN = {"artist_name": "A", "track_name": "B", "release_name": "C"}
COLUMNS = {  # for tables with user-defined columns: file stem -> the --columns to read them with
    "columns": "artist=artist,title=title,playlist=playlist",
    "timed": "artist=artist,title=title,owner=playlist,time=when",
    "placed": "artist=artist,title=title,id=playlist,position=place",
}


def readers() -> Target:
    """Return the sources of `extract`, which are also read as playlists for look-ups."""
    rows = two_genres(6, 5)
    lines = [f"{artist} - {title}" for _, artist, title, _ in rows]
    mpd = {
        "playlists": [
            {
                "pid": 1,
                "name": "a",
                "tracks": [
                    {
                        "pos": 0,
                        "artist_name": "A",
                        "track_name": "B",
                        "track_uri": "spotify:track:1",
                        "album_name": "C",
                        "duration_ms": 9,
                    }
                ]
                * 3,
            }
        ]
    }
    own = {
        "playlists": [
            {
                "name": "mine",
                "items": [
                    {
                        "track": {"trackName": "B", "artistName": "A", "albumName": "C", "trackUri": "spotify:track:1"},
                        "addedDate": "2020-01-01",
                    },
                    {"track": None, "episode": {}},
                ],
            }
        ]
    }
    streams = [{"endTime": "2020-01-01 10:00", "artistName": "A", "trackName": "B", "msPlayed": 90000}] * 3
    extended = [
        {
            "ts": "2020-01-01T10:00:00Z",
            "ms_played": 90000,
            "master_metadata_track_name": "B",
            "master_metadata_album_artist_name": "A",
            "master_metadata_album_album_name": "C",
            "spotify_track_uri": "spotify:track:1",
            "skipped": False,
        }
    ] * 3
    listens = "".join(
        json.dumps({"listened_at": 1700000000 + at, "track_metadata": NAMES_OF_LISTEN}) + "\n" for at in range(3)
    )
    exportify = (
        "\ufeffTrack URI,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Added At\n"
        + 'spotify:track:1,B,C,"A;D",2020,9,2020-01-01\n' * 3
    )
    texts = {
        "zenodo.csv": dump_text(rows),
        "mpd.json": json.dumps(mpd),
        "Playlist1.json": json.dumps(own),
        "StreamingHistory0.json": json.dumps(streams),
        "Streaming_History_Audio_2020.json": json.dumps(extended),
        "listens.jsonl": listens,
        "exportify.csv": exportify,
        "lastfm.csv": "".join(
            f"{artist},Album,{title},0{at % 9 + 1} Jan 2020 10:00\n" for at, (_, artist, title, _) in enumerate(rows)
        ),
        "list.m3u8": "#EXTM3U\n"
        + "".join(f"#EXTALB:C\n#EXTART:D\n#EXTINF:123,{line}\n/music/{line}.mp3\n" for line in lines),
        "titles.txt": "\n".join(lines),
        "sessions.txt": "12 34 56 78 12\n34 12\n" * 3,
    }
    files = {name: text.encode() for name, text in texts.items()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("zenodo.csv", "mpd.json", "list.m3u8"):
            archive.writestr(name, files[name])
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("some.zip", packed.getvalue())
        archive.writestr("list.m3u8", files["list.m3u8"])
    table, other = io.BytesIO(), io.BytesIO()
    columns = {"artist": ["A", "B"], "title": ["C", "D"], "playlist": ["x", "x"]}
    pq.write_table(pa.table(columns), table)
    pq.write_table(pa.table(columns | {"when": pa.array([0, 1], pa.timestamp("us")), "place": [1.5, 0.5]}), other)
    files |= {"some.zip": packed.getvalue(), "nested.zip": outer.getvalue()}
    files |= {"zenodo.csv.gz": gzip.compress(files["zenodo.csv"], mtime=0)}
    files |= {
        "zenodo.csv.zst": pa.Codec("zstd").compress(files["zenodo.csv"], asbytes=True),
        "columns.parquet": table.getvalue(),
        "timed.parquet": other.getvalue(),
        "placed.parquet": other.getvalue(),
    }
    files["columns.csv"] = b"artist,title,playlist\nA,B,x\nC,D,x\n"
    files["columns.jsonl"] = b'{"artist": "A", "title": "B", "playlist": {"of": 1}}\n{"title": "D", "playlist": "x"}\n'

    settings_of = {name: sgp.ExtractSettings(columns=COLUMNS.get(name.partition(".")[0])) for name in files}

    def read(directory: Path, case: Case) -> None:
        """Read the rows of a file, and read it as a list of tracks; extract from it, without writing the corpus."""
        (path := directory / case.name).write_bytes(case.data)
        settings = settings_of[case.name]
        formats = read_blocks(path, settings)
        if settings.columns is None:
            if formats & BLOCKS.keys():
                require_same_in_columns(path, settings)
            with one_line_errors():
                read_listing(path)
        if case.is_whole:
            with one_line_errors():
                report = sgp.extract("made", path, settings, dry_run=True, experiments_dir=directory)
                assert report.rows_read == report.rows_used + report.rows_rejected + report.rows_left_out

    return Target(files, read)


def require_same_in_columns(path: Path, settings: sgp.ExtractSettings) -> None:
    """Verify that a history, or sessions of ids, give the same rows in columns and record by record."""
    with contextlib.suppress(SgpError):
        readers = open_sources([path], settings).readers
        if len(readers) == 1 and readers[0].format in BLOCKS:
            assert read_history(path, settings, in_columns=True) == read_history(path, settings, in_columns=False)


def imports() -> Target:
    """Return files with vectors of other programs."""
    vectors, names = np.eye(4, dtype=np.float32), ["A - B", "C - D", "E - F", "G"]
    arrays = io.BytesIO()
    np.savez(arrays, vectors=vectors, tracks=np.array(names), count=np.arange(4), context=vectors)
    table = io.BytesIO()
    centre = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), 4)
    pq.write_table(pa.table({"artist": names, "title": names, "centre": centre, "count": [1, 2, 3, 4]}), table)
    text = "4 4\n" + "".join(
        f"{name.replace(' ', '%20')} {' '.join(map(str, row))}\n" for name, row in zip(names, vectors, strict=True)
    )
    binary = b"4 4\n" + b"".join(b"%d " % at + row.tobytes() + b"\n" for at, row in enumerate(vectors))
    files = {"v.npz": arrays.getvalue(), "v.parquet": table.getvalue(), "v.vec": text.encode(), "v.bin": binary}

    def read(directory: Path, case: Case) -> None:
        """Read the vectors and all names."""
        path = directory / case.name
        path.write_bytes(case.data)
        found = importers.read(path, importers.format_of(path, None))
        for row in range(len(found)):
            found.name(row)

    return Target(files, read)


def exports() -> Target:
    """Return the exports of music programs and services, which are read without a corpus."""
    files = {name: text.encode() for name, text in EXAMPLES.items()}
    files["set.txt"] = EXAMPLES["set.txt"].encode("utf-16")
    files["utf16.aimppl4"] = EXAMPLES["kitchen.aimppl4"].encode("utf-16")
    chosen = dict.fromkeys([*files, *BESIDE], detecting := sgp.ExtractSettings())
    for name, data in files.items():
        with tempfile.TemporaryDirectory() as directory:
            (path := Path(directory) / name).write_bytes(data)
            reader = open_sources([path], detecting).readers[0]
            assert list(reader.blocks())
            chosen[name] = sgp.ExtractSettings(format=cast(Format, reader.format))

    files |= {name: text.encode() for name, text in BESIDE.items()}

    def read(directory: Path, case: Case) -> None:
        """Read a changed file in the format of the valid file, and in the format that is detected after the change."""
        (path := directory / case.name).write_bytes(case.data)
        before = chosen[case.name]
        for settings, known in ((before, None), (detecting, before.format)):  # what was read in a format is known
            if read_blocks(path, settings, but=known) & BLOCKS.keys():
                require_same_in_columns(path, settings)
        if case.name in TOGETHER:
            changed, beside, text = TOGETHER[case.name]
            shutil.rmtree(together := directory / "together", ignore_errors=True)
            together.mkdir()
            (together / changed).write_bytes(case.data)
            (together / beside).write_text(text, encoding="utf-8")
            read_blocks(together, detecting)

    return Target(files, read)


def scripts() -> Target:
    """Return files that scripts and people write; their formats have no signature."""
    files = {name: text.encode() for name, (text, _) in SCRIPT_EXAMPLES.items()}
    detecting, as_list = sgp.ExtractSettings(), sgp.ExtractSettings(format="titles")
    as_table = sgp.ExtractSettings(columns="artist=artist,title=title")

    def read(directory: Path, case: Case) -> None:
        """Read a changed file in the format that is detected, and with the columns or as the list that it was."""
        (path := directory / case.name).write_bytes(case.data)
        if case.name in LISTS:
            read_blocks(path, as_list)
            read_blocks(path, detecting, but="titles")
        else:
            read_blocks(path, as_table)
            read_blocks(path, detecting)

    return Target(files, read)


def names() -> Target:
    """Return tables with the names of the ids in a table of orders."""
    text = "sku,product_name,artist\nA1,Green mug,Ada\nA2,Plate,\nA2,Dish,\n"
    detecting = sgp.ExtractSettings()
    files = {"p.csv": text.encode(), "p.json": b'[{"sku": "A1", "name": "Green mug"}, {"sku": "A2", "name": "Plate"}]'}

    def read(directory: Path, case: Case) -> None:
        """Read the names with guessed columns; extract with these names, without writing the corpus."""
        (path := directory / case.name).write_bytes(case.data)
        with one_line_errors():
            names = read_name_table(path, detecting)
            names.names.validate(full=True)
            assert len(names.ids) == len(names.names) == len(names.row_of)
        if case.is_whole:
            (orders := directory / "orders.csv").write_text("order_id,sku\n1,A1\n1,A2\n2,A1\n2,A3\n")
            sgp.extract("made", orders, replace(detecting, names=path), dry_run=True, experiments_dir=directory)

    return Target(files, read)


def read_blocks(path: Path, settings: sgp.ExtractSettings, but: str | None = None) -> set[str]:
    """Read a file or directory, and verify its rows and rejects; an error must be one line. Return the formats.

    Files in the format `but` are opened, but not read.
    """
    formats = set[str]()
    with one_line_errors():
        for reader in open_sources([path], settings).readers:
            if reader.format != but:
                formats.add(reader.format)
                for block in reader.blocks():
                    block.table.validate(full=True)
                    assert all(reject.line >= 0 and reject.reason for reject in block.rejects)
    return formats


TARGETS: dict[str, Callable[[], Target]] = {
    "readers": readers,
    "exports": exports,
    "scripts": scripts,
    "names": names,
    "importers": imports,
    "experiment": experiment,
}
