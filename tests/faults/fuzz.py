"""Fuzzing: files that are nearly right are read in a child process, which must answer or say in one line why not.

    python -m tests.faults.fuzz [--cases 1000] [--minutes M] [--seed 1] [--target NAME] [--keep DIR] [--again]

Each case is a valid file that has been changed in a few places: bits, bytes, numbers at their limits, pieces that are
cut, doubled, or taken from another file. Bad is whatever is no answer and no `SgpError` of one line: another exception,
a warning that would reach the terminal, a signal, more than `MEMORY` or `PATIENCE`, or, where only the index was
touched, another answer than the right one.

    readers      whatever `extract` and `--file` read, in every format, packed or not
    importers    what `sgp import` reads
    experiment   each file that `similar`, `continue` and `explain` open; most manifests are mended after the
                 change, as a stranger's archive would have them, so that what reads the file itself is reached

A bad case is written to `--keep`; those that were found and mended lie in `finds/`, and `--again` reads them first.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import hashlib
import io
import json
import mmap
import os
import random
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

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
from tests.conftest import dump_text, two_genres

FINDS = Path(__file__).parent / "finds"
IN_MEMORY = Path("/dev/shm")  # files that live for a millisecond need no disk
TOGETHER = 400  # cases a child process; to fork costs as much as twenty cheap ones
PATIENCE = 20.0  # seconds a case
TOO_LONG = f"no end after {PATIENCE:.0f} seconds"
MEMORY = 1 << 30  # bytes that a child may ask for besides what it has
TOKENS = [
    *(
        b"\0",
        b"\xff",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\r",
        b"\n\n",
        b"\xe2\x80\xa8",
        b"\\",
        b'"',
        b'""',
        b"'",
        b",",
        b";",
        b"\t",
    ),
    *(b"null", b"true", b"NaN", b"-1", b"1e999", b"99999999999999999999", b"0.0000001", b"{}", b"[]", b"[" * 3000),
    *(b'{"a":', b"\xed\xa0\x80", b"\\ud800", b"#EXTM3U", b"#EXTINF:", b"../../", b"\x1b[2J", b"1970-01-01", b" - "),
    *(struct.pack("<q", number) for number in (-1, 0, 1, 2**31 - 1, 2**31, 2**32, 2**62, 2**63 - 1)),
]
SHOWN = (UserWarning, RuntimeWarning, FutureWarning)  # what Python shows of warnings that it is given


def mutated(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Data that have been changed in a few places."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        at = rng.randrange(len(changed) + 1)
        end = min(len(changed), at + rng.choice((1, 1, 2, 4, 8, 50, 1000)))
        kind = rng.randrange(8)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and at < len(changed):
            changed[at] = rng.randrange(256)
        elif kind == 2:
            del changed[at:end]
        elif kind == 3:
            changed[at:at] = changed[at:end] * rng.choice((1, 2, 100))
        elif kind == 4:
            changed[at:at] = rng.choice(TOKENS)
        elif kind == 5:
            token = rng.choice(TOKENS)
            changed[at : at + len(token)] = token
        elif kind == 6:
            del changed[at:]
        else:
            start = rng.randrange(len(other) + 1)
            changed[at:end] = other[start : start + rng.choice((4, 50, 1000))]
    return bytes(changed)


COLUMNS = {  # what is read of tables with columns of one's own, by the first part of their names
    "columns": "artist=artist,title=title,playlist=playlist",
    "timed": "artist=artist,title=title,owner=playlist,time=when",
    "placed": "artist=artist,title=title,id=playlist,position=place",
}


@dataclass(frozen=True)
class Target:
    """What is fuzzed: valid files by name, and what is done with a changed one."""

    files: dict[str, bytes]
    read: Callable[[Path, str, bytes, bool], None]  # in an empty directory, a name, data, whether manifests are mended


def readers() -> Target:
    """Sources of `extract`, each also as a playlist for look-ups."""
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
            "spotify_track_uri": "spotify:track:1",
            "skipped": False,
        }
    ] * 3
    listens = "".join(
        json.dumps({"listened_at": 1700000000 + at, "track_metadata": {"artist_name": "A", "track_name": "B"}}) + "\n"
        for at in range(3)
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
        "list.m3u8": "#EXTM3U\n" + "".join(f"#EXTINF:123,{line}\n/music/{line}.mp3\n" for line in lines),
        "titles.txt": "\n".join(lines),
        "sessions.txt": "\n".join("12 34 56 78 12" for _ in range(5)),
    }
    files = {name: text.encode() for name, text in texts.items()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("zenodo.csv", "mpd.json", "list.m3u8"):
            archive.writestr(name, files[name])
    table, other = io.BytesIO(), io.BytesIO()
    columns = {"artist": ["A", "B"], "title": ["C", "D"], "playlist": ["x", "x"]}
    pq.write_table(pa.table(columns), table)
    pq.write_table(pa.table(columns | {"when": pa.array([0, 1], pa.timestamp("us")), "place": [1.5, 0.5]}), other)
    files |= {"some.zip": packed.getvalue(), "zenodo.csv.gz": gzip.compress(files["zenodo.csv"], mtime=0)}
    files |= {
        "zenodo.csv.zst": pa.Codec("zstd").compress(files["zenodo.csv"], asbytes=True),
        "columns.parquet": table.getvalue(),
        "timed.parquet": other.getvalue(),
        "placed.parquet": other.getvalue(),
    }
    files["columns.csv"] = b"artist,title,playlist\nA,B,x\nC,D,x\n"
    files["columns.jsonl"] = b'{"artist": "A", "title": "B", "playlist": {"of": 1}}\n{"title": "D", "playlist": "x"}\n'

    def read(directory: Path, name: str, data: bytes, _mended: bool) -> None:
        """Extract from a file without writing, and read it as a list of tracks."""
        path = directory / name
        path.write_bytes(data)
        columns = COLUMNS.get(name.partition(".")[0])
        with contextlib.suppress(SgpError):
            report = sgp.extract(
                "made", path, sgp.ExtractSettings(columns=columns), dry_run=True, experiments_dir=directory
            )
            assert report.rows_read == report.rows_used + report.rows_rejected + report.rows_left_out
        if columns is None:
            read_listing(path)

    return Target(files, read)


def imports() -> Target:
    """Vectors from elsewhere."""
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

    def read(directory: Path, name: str, data: bytes, _mended: bool) -> None:
        """Read vectors and all their names."""
        path = directory / name
        path.write_bytes(data)
        found = importers.read(path, importers.format_of(path, None))
        for row in range(len(found)):
            found.name(row)

    return Target(files, read)


def experiment() -> Target:
    """What look-ups open."""
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

    def read(directory: Path, name: str, data: bytes, mended: bool) -> None:
        """Look up in an experiment one file of which has been changed."""
        made = directory / "made"
        for other, content in files.items():
            path = made / other
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data if other == name else content)
            if other != name:
                os.utime(path, ns=(times[other], times[other]))
        if mended and "/" in name and not name.endswith(MANIFEST):
            mend(Experiment("made", made), *name.split("/"))
        if mended and name == f"index/{INDEX_FILE}":  # as where a stranger's archive is unpacked
            require_sound_nodes(made / name, IndexFacts(**Experiment("made", made).manifest("index").facts))
        answers = look_up(directory)
        if name.startswith("index/") and not mended:
            assert answers == right, "another answer than the right one"

    return Target({name: files[name] for name in opened}, read)


def look_up(root: Path) -> list[tuple[str, ...] | None]:
    """Answers of every kind; None where one is refused."""
    answers: list[tuple[str, ...] | None] = []
    with sgp.open("made", root) as made:
        asked: list[Callable[[], sgp.Answer]] = [
            lambda: made.similar("folk 3"),
            lambda: made.similar("techno 1", sgp.SimilarSettings(by="model", popularity=0.5, diversity=0.5)),
            lambda: made.similar("tekno 12", sgp.SimilarSettings(exact=True, fold_versions=True, max_per_artist=1)),
            lambda: made.similar([("folk 3", 1), ("techno 1", -0.5)], sgp.SimilarSettings(by="cosine+count")),
            lambda: made.continuation(["folk 3", "folk 4", "nothing"]),
        ]
        for ask in asked:
            try:
                answers.append(tuple(near.track.name for near in ask().neighbours))
            except SgpError as error:
                require_line(error)
                answers.append(None)
        for other in ("folk 4", "techno 1"):
            with contextlib.suppress(SgpError):
                made.explain("folk 3", other)
        for query in ("fo", "o", "3", "fo 3", "qqq", "folk artst"):
            with contextlib.suppress(SgpError):
                made.resolve(query)
        made.names.completions("folk", 5, 1.0)
    return answers


def mend(experiment: Experiment, stage: str, name: str) -> None:
    """Have the manifests of an experiment agree with a file of it."""
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


TARGETS: dict[str, Callable[[], Target]] = {"readers": readers, "importers": imports, "experiment": experiment}


def require_line(error: SgpError) -> None:
    """Insist that an error is one line."""
    assert len(str(error).splitlines()) == 1, f"an error of several lines: {str(error)!r}"


@dataclass(frozen=True)
class Run:
    """A case: a changed file, its name, and whether the manifests agree with it."""

    name: str
    data: bytes
    mended: bool


def cases(target: Target, seed: int, number: int) -> Iterator[Run]:
    """Some cases of a target, which the seed alone decides."""
    rng = random.Random(seed)
    for _ in range(number):
        name, other = rng.choice(list(target.files)), rng.choice(list(target.files))
        yield Run(name, mutated(target.files[name], target.files[other], rng), rng.random() < 0.7)


def outcome(target: Target, run: Run, directory: Path) -> str | None:
    """What is bad about a case, the files of which are put in place of those of the case before; None: nothing."""
    for shown in SHOWN:
        warnings.simplefilter("error", shown)
    try:
        target.read(directory, run.name, run.data, run.mended)
    except SgpError as error:
        with contextlib.suppress(AssertionError):
            require_line(error)
            return None
        return f"an error of several lines: {str(error)!r}"
    except BaseException:  # noqa: BLE001, because whatever it is, it is a find
        return traceback.format_exc()
    return None


def bad_ones(target: Target, runs: list[Run]) -> Iterator[tuple[Run, str]]:
    """Read some cases in a child process, and others in the next where one has ended it.

    What takes too long is read once more: a child of a process with threads may wait for a lock that nobody gives back.
    """
    at, twice = 0, set[int]()
    while at < len(runs):
        with (
            mmap.mmap(-1, 8) as progress,
            tempfile.TemporaryFile("w+") as told,
            tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as directory,
        ):
            progress[:] = struct.pack("<q", at)
            child = os.fork()
            if not child:
                _read_all(target, runs, at, progress, told, Path(directory))
            why = _end_of(child, progress)
            reached = int(struct.unpack("<q", progress[:])[0])
            told.seek(0)
            for line in told:
                number, what = json.loads(line)
                yield runs[number], what
        if why is None:
            return
        at = reached + 1
        if why == TOO_LONG and reached not in twice:
            twice.add(reached)
            at = reached
        else:
            yield runs[reached], why


def _read_all(
    target: Target, runs: list[Run], start: int, progress: mmap.mmap, told: io.TextIOBase, directory: Path
) -> None:
    """In the child: read case after case, and say which."""
    try:
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, held + MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for at in range(start, len(runs)):
            progress[:] = struct.pack("<q", at)
            if what := outcome(target, runs[at], directory):
                told.write(json.dumps([at, what]) + "\n")
                told.flush()
    finally:
        os._exit(0)


def _end_of(child: int, progress: mmap.mmap) -> str | None:
    """Wait for a child as long as it goes on; what is bad about its end, if anything is."""
    last, since = b"", time.monotonic()
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return f"killed by {signal.Signals(os.WTERMSIG(status)).name}" if os.WIFSIGNALED(status) else None
        if progress[:] != last:
            last, since = progress[:], time.monotonic()
        if time.monotonic() - since > PATIENCE:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return TOO_LONG
        time.sleep(0.002)


def keep(directory: Path, target: str, run: Run, what: str) -> None:
    """Write a bad case down."""
    place = directory / target / hashlib.sha256(run.name.encode() + run.data).hexdigest()[:12]
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    (place / "data").write_bytes(run.data)
    told = {"name": run.name, "mended": run.mended, "what": what.strip().splitlines()[-1]}
    (place / "case.json").write_text(json.dumps(told, indent=2) + "\n")


def kept(directory: Path, target: str) -> list[Run]:
    """The bad cases of a target that were written down."""
    runs = []
    for place in sorted((directory / target).glob("*")):
        told = json.loads((place / "case.json").read_text())
        runs.append(Run(told["name"], (place / "data").read_bytes(), told["mended"]))
    return runs


def main() -> int:
    """Fuzz for so many cases or minutes a target, and say what was bad."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000, help="of each target")
    parser.add_argument("--minutes", type=float, help="for each target, instead")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", choices=TARGETS, action="append")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--again", action="store_true", help="what lies in finds/, too")
    asked = parser.parse_args()
    found: Counter[str] = Counter()
    for name in asked.target or TARGETS:
        target, again = TARGETS[name](), kept(FINDS, name) if asked.again else []
        started, done = time.monotonic(), 0
        with contextlib.suppress(KeyboardInterrupt):  # who has seen enough sees how much it was
            while time.monotonic() - started < 60 * asked.minutes if asked.minutes else done < asked.cases:
                runs = again or list(cases(target, asked.seed * 1_000_003 + done, min(TOGETHER, asked.cases)))
                again = []
                for run, what in bad_ones(target, runs):
                    last = what.strip().splitlines()[-1]
                    found[name] += 1
                    print(f"{name}, {run.name}{', mended' if run.mended else ''}: {last}", flush=True)
                    if asked.keep:
                        keep(asked.keep, name, run, what)
                done += len(runs)
        seconds = time.monotonic() - started
        print(f"{name}: {done:,} cases, {found[name]} bad, {done / seconds:.0f} a second", flush=True)
    return int(any(found.values()))


if __name__ == "__main__":
    sys.exit(main())
