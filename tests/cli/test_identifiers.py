"""Queries by ISRC and MusicBrainz id, and identifiers in answers and exports."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import skipgramophone as package
from skipgramophone.experiment.catalogue import Catalogue
from tests.cli.test_music_library import write_flac
from tests.cli.untrained import give_vectors
from tests.conftest import Ran, run_sgp

MBIDS = [f"{at}1111111-1111-4111-8111-111111111111" for at in range(4)]
ISRCS = [f"GBAAA000000{at}" for at in range(4)]
SHARED = "GBAAA0009999"  # of two tracks with different names


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment with identifiers, and one without; their vectors are random."""
    directory = tmp_path_factory.mktemp("identifiers")
    rows = [("Ada", f"Song {at}", isrc, mbid) for at, (isrc, mbid) in enumerate(zip(ISRCS, MBIDS, strict=True))]
    rows += [("Ada", "Salt", SHARED, ""), ("Ada", "Tide", SHARED, ""), ("Ada", "Knot", "", "")]
    lines = ["artist,title,isrc,recording_mbid", *(",".join(row) for row in rows)]
    (directory / "a.csv").write_text("\n".join(lines) + "\n")
    (directory / "b.csv").write_text("\n".join(line.rsplit(",", 2)[0] for line in lines) + "\n")
    columns = "artist=artist,title=title,isrc=isrc,mbid=recording_mbid"
    for name, file, roles in (("mine", "a.csv", columns), ("plain", "b.csv", None)):
        package.extract(name, directory / file, package.ExtractSettings(columns=roles), experiments_dir=directory)
        give_vectors(directory, name)
    return directory


def seeds(ran: Ran) -> list[str]:
    """The titles of the query tracks."""
    assert ran.code == 0, ran.err
    return [seed["title"] for seed in json.loads(ran.out)["seeds"]]


@pytest.mark.parametrize(
    "query",
    [
        *("isrc:GBAAA0000002", "GBAAA0000002", "gb-aaa-00-00002", "ISRC:gbaaa0000002"),
        *(f"mbid:{MBIDS[2]}", MBIDS[2].upper(), f"https://musicbrainz.org/recording/{MBIDS[2]}"),
    ],
)
def test_identifiers_name_a_track_wherever_a_track_is_named(root: Path, tmp_path: Path, query: str) -> None:
    at = ("--json", "--experiments-dir", root)
    assert seeds(run_sgp("similar", "mine", query, *at)) == ["Song 2"]
    assert seeds(run_sgp("similar", "mine", "--like", f"{query}^0.5", *at)) == ["Song 2"]
    assert seeds(run_sgp("continue", "mine", query, "Knot", "--by", "cosine", *at)) == ["Song 2", "Knot"]
    found = json.loads(run_sgp("explain", "mine", query, "Knot", *at).out)
    assert [track["title"] for track in found["tracks"]] == ["Song 2", "Knot"]
    (tmp_path / "list.txt").write_text(f"{query}\n{ISRCS[1]}\n")
    listed = run_sgp("continue", "mine", "--by", "cosine", "--file", tmp_path / "list.txt", *at)
    assert seeds(listed) == ["Song 2", "Song 1"]


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("isrc:GBAAA00000", 3, "'isrc:GBAAA00000' is not a valid ISRC, which must have 2 letters, 3 letters or digits, "
         "and 7 digits, such as USUM71703861"),
        ("mbid:x", 3, "'mbid:x' is not a valid MusicBrainz recording id, which must have 32 hexadecimal digits in "
         "groups of 8, 4, 4, 4 and 12"),
        ("usum71703861", 3, "no track has the ISRC 'USUM71703861': give artist and title instead"),
        (SHARED, 4, f"2 tracks match '{SHARED}'; pick one of them, or give more of the name, as in 'artist - title'\n"),
    ],
)  # fmt: skip
def test_other_identifiers_are_one_clear_line(root: Path, query: str, code: int, message: str) -> None:
    ran = run_sgp("similar", "mine", query, "--experiments-dir", root)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith(f"error: {message}")


def test_a_corpus_without_identifiers_says_so(root: Path) -> None:
    ran = run_sgp("similar", "plain", MBIDS[0], "--experiments-dir", root)
    assert ran.code == 3
    assert ran.err == (
        f"error: no track has the MusicBrainz recording id '{MBIDS[0]}', because the sources of this corpus contain no "
        "identifiers: give artist and title instead\n"
    )
    assert not (root / "plain" / "corpus" / "identifiers.sqlite").exists()


def answer(root: Path, *arguments: str) -> str:
    """The output of a look-up for Song 0."""
    ran = run_sgp("similar", "mine", "song 0", *arguments, "--experiments-dir", root)
    assert ran.code == 0, ran.err
    return ran.out


def test_answers_have_the_identifiers(root: Path) -> None:
    both = [f"isrc:{ISRCS[1]}", f"mbid:{MBIDS[1]}"]
    found = {near["title"]: near["identifiers"] for near in json.loads(answer(root, "--json"))["neighbours"]}
    assert (found["Song 1"], found["Knot"]) == (both, [])
    cells = {row["title"]: row["identifiers"] for row in csv.DictReader(io.StringIO(answer(root, "--format", "csv")))}
    assert (cells["Song 1"], cells["Knot"]) == (" ".join(both), "")


@pytest.mark.parametrize("format", ["xspf", "jspf", "tunemymusic", "soundiiz"])
def test_playlists_have_the_identifiers(root: Path, tmp_path: Path, format: str) -> None:
    path = tmp_path / f"list.{format if format.endswith('spf') else 'csv'}"
    path.write_text(answer(root, "--format", format), encoding="utf-8")
    package.extract("again", path, experiments_dir=tmp_path)
    catalogue = Catalogue(tmp_path / "again" / "corpus")
    found = {track.title: {*track.identifiers, track.uri} - {None} for track in catalogue.all_tracks()}
    expected = {f"isrc:{ISRCS[1]}"}
    if format.endswith("spf"):
        expected |= {f"mbid:{MBIDS[1]}", f"https://musicbrainz.org/recording/{MBIDS[1]}"}
    assert (found["Song 1"], found["Knot"]) == (expected, set())


@pytest.mark.parametrize("format", ["csv", "jsonl", "npz", "parquet", "projector", "word2vec"])
def test_exports_have_the_identifiers(root: Path, tmp_path: Path, format: str) -> None:
    (tmp_path / "only.txt").write_text(f"{ISRCS[3].lower()}\nmbid:{MBIDS[1]}\nAda - Knot\n")
    place = tmp_path / "out"
    at = ("--format", format, "--experiments-dir", root)
    ran = run_sgp("export", "mine", place, "--only", tmp_path / "only.txt", *at)
    assert (ran.code, ran.err) == (0, "")
    if format == "parquet":
        texts = pq.read_table(place)["identifiers"].to_pylist()
        assert sorted(texts) == ["", f"isrc:{ISRCS[1]} mbid:{MBIDS[1]}", f"isrc:{ISRCS[3]} mbid:{MBIDS[3]}"]
    elif format == "csv":
        with place.open(encoding="utf-8") as file:
            assert next(csv.reader(file))[:6] == ["position", "artist", "title", "uri", "count", "identifiers"]
    plain = run_sgp("export", "plain", tmp_path / "other", *at)
    assert (plain.code, plain.err) == (0, "")


def test_a_file_of_the_library_is_found_by_its_identifier(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("tinytag")
    for name, title, isrc in (("a", "Song 1 (Remastered)", "gb-aaa-00-00001"), ("b", "Other", ISRCS[2])):
        write_flac(tmp_path / "Music" / f"{name}.flac", "Ada", title, ISRC=isrc)
    ran = run_sgp(
        *("continue", "mine", "song 0", "--by", "cosine", "--format", "m3u8"),
        *("--library", tmp_path / "Music", "--experiments-dir", root),
    )
    # The second file has the ISRC of a track with another name, so its tag is not trusted.
    assert [line.rsplit("/", 1)[-1] for line in ran.out.splitlines() if line[:1] != "#"] == ["a.flac"]


def test_a_track_of_a_file_is_known_by_its_identifier(root: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        f"title;artist;album;isrc\nSong the first;Ada F.;;{ISRCS[1]}\nKnot;Ada;;{ISRCS[2]}\n", encoding="utf-8"
    )
    ran = run_sgp(
        *("continue", "mine", "--by", "cosine", "--file", tmp_path / "a.csv", "--json", "--experiments-dir", root)
    )
    assert seeds(ran) == ["Song 1", "Knot"]  # a known name comes before an identifier


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("INSERT INTO identifiers VALUES (7, 'isrc:GBAAA0000001')", "identifiers.sqlite refers to a missing track"),
        ("INSERT INTO identifiers VALUES (0, x'00')", "or has an identifier that is not text"),
        ("CREATE VIEW more AS SELECT 1", "unexpected trigger or view 'more'"),
    ],
)
def test_a_damaged_file_of_identifiers_is_found(root: Path, tmp_path: Path, damage: str, problem: str) -> None:
    from skipgramophone.errors import ExperimentError

    for name in ("tracks.sqlite", "identifiers.sqlite"):
        (tmp_path / name).write_bytes((root / "mine" / "corpus" / name).read_bytes())
    with closing(sqlite3.connect(tmp_path / "identifiers.sqlite")) as database:
        database.execute(damage)
        database.commit()
    with closing(Catalogue(tmp_path)) as catalogue, pytest.raises(ExperimentError, match=problem):
        catalogue.require_sound()
    (tmp_path / "identifiers.sqlite").write_bytes(b"not a database at all" * 99)
    with pytest.raises(ExperimentError, match=r"is damaged: file is not a database"):
        Catalogue(tmp_path)
