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
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import skipgramophone as sgp
from skipgramophone import importers
from skipgramophone.errors import SgpError
from skipgramophone.experiment.experiment import Experiment
from skipgramophone.experiment.manifest import MANIFEST, digest_of
from skipgramophone.experiment.publishing import file_sha256
from skipgramophone.lookup.annoy_index import FILE as INDEX_FILE
from skipgramophone.lookup.annoy_index import IndexFacts, require_sound_nodes
from skipgramophone.playlists.playlist_file import read_listing
from skipgramophone.playlists.sources import BLOCKS, open_sources
from skipgramophone.settings import Format
from tests.conftest import dump_text, two_genres
from tests.playlists.readers.examples import BESIDE, EXAMPLES, TOGETHER
from tests.playlists.readers.script_examples import LISTS, SCRIPT_EXAMPLES
from tests.playlists.readers.test_history_columns import read as read_history

NAMES_OF_LISTEN = {"artist_name": "A", "track_name": "B", "release_name": "C"}
COLUMNS = {  # for tables with user-defined columns: file stem -> the --columns to read them with
    "columns": "artist=artist,title=title,playlist=playlist",
    "timed": "artist=artist,title=title,owner=playlist,time=when",
    "placed": "artist=artist,title=title,id=playlist,position=place",
}


@dataclass(frozen=True)
class Target:
    """Files to change, and how to read them.

    Attributes:
        files: valid files by name.
        read: reads a changed file; takes a directory to write it to, its name, its content, and whether to rewrite the
            manifests so that its checksum matches.
    """

    files: dict[str, bytes]
    read: Callable[[Path, str, bytes, bool], None]


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

    def read(directory: Path, name: str, data: bytes, _in_manifest: bool) -> None:
        """Extract from a file without writing the corpus, and read it as a list of tracks."""
        path = directory / name
        path.write_bytes(data)
        columns = COLUMNS.get(name.partition(".")[0])
        with contextlib.suppress(SgpError):
            report = sgp.extract(
                "made", path, sgp.ExtractSettings(columns=columns), dry_run=True, experiments_dir=directory
            )
            assert report.rows_read == report.rows_used + report.rows_rejected + report.rows_left_out
        if columns is None:
            require_same_in_columns(path)
            read_listing(path)

    return Target(files, read)


def require_same_in_columns(path: Path, format: Format | None = None) -> None:
    """Verify that a history, or sessions of ids, give the same rows in columns and record by record."""
    chosen = sgp.ExtractSettings(format=format)
    with contextlib.suppress(SgpError):
        readers = open_sources([path], chosen).readers
        if len(readers) == 1 and readers[0].format in BLOCKS:
            assert read_history(path, chosen, in_columns=True) == read_history(path, chosen, in_columns=False)


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

    def read(directory: Path, name: str, data: bytes, _in_manifest: bool) -> None:
        """Read the vectors and all names."""
        path = directory / name
        path.write_bytes(data)
        found = importers.read(path, importers.format_of(path, None))
        for row in range(len(found)):
            found.name(row)

    return Target(files, read)


def experiment() -> Target:
    """Return the files of an experiment that look-ups open."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        (root / "dump.csv").write_text(dump_text(two_genres()))
        sgp.extract("made", root / "dump.csv", experiments_dir=root)
        names = sorted({f"{artist} - {title}" for _, artist, title, _ in two_genres()})
        vectors = np.random.default_rng(1).standard_normal((len(names), 8)).astype(np.float32)
        np.savez(root / "v.npz", vectors=vectors, tracks=np.array(names), context=vectors)
        sgp.import_vectors("made", root / "v.npz", experiments_dir=root)
        right = look_up(root)
        made = root / "made"
        files = {
            path.relative_to(made).as_posix(): path.read_bytes() for path in sorted(made.rglob("*")) if path.is_file()
        }
        times = {name: (made / name).stat().st_mtime_ns for name in files}
    opened = [name for name in files if not name.endswith((".lock", "rejects.jsonl", "unused.jsonl"))]

    def read(directory: Path, name: str, data: bytes, in_manifest: bool) -> None:
        """Look up in an experiment with one changed file."""
        made = directory / "made"
        for other, content in files.items():
            path = made / other
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data if other == name else content)
            if other != name:
                os.utime(path, ns=(times[other], times[other]))
        if in_manifest and "/" in name and not name.endswith(MANIFEST):
            rewrite_manifests(Experiment("made", made), *name.split("/"))
        if in_manifest and name == f"index/{INDEX_FILE}":  # checked as if an untrusted archive were unpacked
            require_sound_nodes(made / name, IndexFacts(**Experiment("made", made).manifest("index").facts))
        answers = look_up(directory)
        if name.startswith("index/") and not in_manifest:
            assert answers == right, "the answer differs from the right one"

    return Target({name: files[name] for name in opened}, read)


def look_up(root: Path) -> list[tuple[str, ...] | None]:
    """Return one answer of each kind as track names; None for each that ends in an error."""
    answers: list[tuple[str, ...] | None] = []
    with sgp.open("made", root) as made:
        calls: list[Callable[[], sgp.Answer]] = [
            lambda: made.similar("folk 3"),
            lambda: made.similar("techno 1", sgp.SimilarSettings(by="model", popularity=0.5, diversity=0.5)),
            lambda: made.similar("tekno 12", sgp.SimilarSettings(exact=True, fold_versions=True, max_per_artist=1)),
            lambda: made.similar([("folk 3", 1), ("techno 1", -0.5)], sgp.SimilarSettings(by="cosine+count")),
            lambda: made.continuation(["folk 3", "folk 4", "nothing"]),
        ]
        for call in calls:
            try:
                answers.append(tuple(near.track.name for near in call().neighbours))
            except SgpError as error:
                require_one_line(error)
                answers.append(None)
        for other in ("folk 4", "techno 1"):
            with contextlib.suppress(SgpError):
                made.explain("folk 3", other)
        for query in ("fo", "o", "3", "fo 3", "qqq", "folk artst"):
            with contextlib.suppress(SgpError):
                made.resolve(query)
        made.names.completions("folk", 5, 1.0)
    return answers


def rewrite_manifests(experiment: Experiment, stage: str, name: str) -> None:
    """Rewrite the manifests of an experiment so that the checksum of a changed file matches."""
    path, parent = experiment.directory(stage) / name, None
    for of in ("corpus", "model", "index"):
        manifest = experiment.manifest(of)
        entries = dict(manifest.files)
        if of == stage:
            status = path.stat()
            entries[name] = {"bytes": status.st_size, "sha256": file_sha256(path), "modified_ns": status.st_mtime_ns}
        manifest = replace(manifest, files=entries, parent=parent)
        manifest = replace(manifest, digest=digest_of(manifest))
        (experiment.directory(of) / MANIFEST).write_text(json.dumps({"format": 1, **asdict(manifest)}))
        parent = manifest.digest


def exports() -> Target:
    """Return the exports of music programs and services, which are read without a corpus."""
    files = {name: text.encode() for name, text in EXAMPLES.items()}
    files["set.txt"] = EXAMPLES["set.txt"].encode("utf-16")
    files["utf16.aimppl4"] = EXAMPLES["kitchen.aimppl4"].encode("utf-16")
    formats: dict[str, Format] = {}
    for name, data in files.items():
        with tempfile.TemporaryDirectory() as directory:
            (path := Path(directory) / name).write_bytes(data)
            reader = open_sources([path], sgp.ExtractSettings()).readers[0]
            assert list(reader.blocks())  # also reserves the memory of Arrow before the memory of children is limited
            formats[name] = cast(Format, reader.format)

    files |= {name: text.encode() for name, text in BESIDE.items()}

    def read(directory: Path, name: str, data: bytes, _in_manifest: bool) -> None:
        """Read a changed file in the format of the valid file, and in the format that is detected after the change."""
        (path := directory / name).write_bytes(data)
        choices: list[tuple[Path, Format | None]] = [(path, formats.get(name)), (path, None)]
        if name in TOGETHER:
            changed, beside, text = TOGETHER[name]
            shutil.rmtree(together := directory / "together", ignore_errors=True)
            together.mkdir()
            (together / changed).write_bytes(data)
            (together / beside).write_text(text, encoding="utf-8")
            choices.append((together, None))
        for source, format in choices:
            if read_blocks(source, sgp.ExtractSettings(format=format)) & BLOCKS.keys() and source == path:
                require_same_in_columns(path, format)

    return Target(files, read)


def scripts() -> Target:
    """Return files that scripts and people write; their formats have no signature."""
    files = {name: text.encode() for name, (text, _) in SCRIPT_EXAMPLES.items()}
    for name, data in files.items():  # reserves the memory of Arrow before the memory of children is limited
        with tempfile.TemporaryDirectory() as directory:
            (path := Path(directory) / name).write_bytes(data)
            read_blocks(path, sgp.ExtractSettings())

    def read(directory: Path, name: str, data: bytes, _in_manifest: bool) -> None:
        """Read a changed file in the format that is detected, and with the columns or as the list that it was."""
        (path := directory / name).write_bytes(data)
        read_blocks(path, sgp.ExtractSettings())
        if name in LISTS:
            read_blocks(path, sgp.ExtractSettings(format="titles"))
        else:
            read_blocks(path, sgp.ExtractSettings(columns="artist=artist,title=title"))

    return Target(files, read)


def names() -> Target:
    """Return tables with the names of the ids in a table of orders."""
    text = "sku,product_name,artist\nA1,Green mug,Ada\nA2,Plate,\nA2,Dish,\n"
    files = {"p.csv": text.encode(), "p.json": b'[{"sku": "A1", "name": "Green mug"}, {"sku": "A2", "name": "Plate"}]'}

    def read(directory: Path, name: str, data: bytes, _in_manifest: bool) -> None:
        """Read the names with guessed columns."""
        (directory / name).write_bytes(data)
        (orders := directory / "orders.csv").write_text("order_id,sku\n1,A1\n1,A2\n2,A1\n2,A3\n")
        settings = sgp.ExtractSettings(names=directory / name)
        sgp.extract("made", orders, settings, dry_run=True, experiments_dir=directory)

    return Target(files, read)


def read_blocks(path: Path, settings: sgp.ExtractSettings) -> set[str]:
    """Read a file or directory, and verify its rows and rejects; an error must be one line. Return the formats."""
    formats = set[str]()
    try:
        for reader in open_sources([path], settings).readers:
            formats.add(reader.format)
            for block in reader.blocks():
                block.table.validate(full=True)
                assert all(reject.line >= 0 and reject.reason for reject in block.rejects)
    except SgpError as error:
        require_one_line(error)
    return formats


TARGETS: dict[str, Callable[[], Target]] = {
    "readers": readers,
    "exports": exports,
    "scripts": scripts,
    "names": names,
    "importers": imports,
    "experiment": experiment,
}


def require_one_line(error: SgpError) -> None:
    """Assert that the text of an error is one line."""
    assert len(str(error).splitlines()) == 1, f"an error of several lines: {str(error)!r}"
