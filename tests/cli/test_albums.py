"""Albums that the sources name: as filters and query tracks of look-ups, and in JSON, tables and playlists."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import skipgramophone as package
from skipgramophone.playlists.sources import open_sources
from tests.cli.untrained import give_vectors
from tests.conftest import run_sgp
from tests.json_schemas import require_valid

TRACKS = 40
ALBUMS = ("Doors", "Röofs", "", "Best Of", "Doors")
ALL = ("--by", "cosine", "--all-versions", "--max-per-artist", "0", "--json")
NO_ALBUMS = "--only-album, --exclude-album and --max-per-album need albums, but the sources of this corpus contain none"


def album_at(at: int) -> str | None:
    """The album of track `at`, or None."""
    return ALBUMS[at % 5] or None


@pytest.fixture
def known(experiments: Path, tmp_path: Path) -> Path:
    """The experiment "known": the album of track n is `album_at(n)`, and its artist is n % 3."""
    lines = [f"Artist {at % 3},Song {at},{album_at(at) or ''}" for at in range(TRACKS)]
    (tmp_path / "a.csv").write_text("artist,title,album\n" + "\n".join(lines) + "\n")
    package.extract("known", tmp_path / "a.csv", experiments_dir=experiments)
    give_vectors(experiments, "known")
    return experiments


@pytest.fixture
def unknown(experiments: Path, tmp_path: Path) -> Path:
    """The experiment "unknown", whose source names no albums."""
    (tmp_path / "b.csv").write_text("artist,title\n" + "".join(f"A,Song {at}\n" for at in range(9)))
    package.extract("unknown", tmp_path / "b.csv", experiments_dir=experiments)
    give_vectors(experiments, "unknown")
    return experiments


def answer(command: str, *arguments: str) -> dict[str, Any]:
    """The answer as JSON."""
    ran = run_sgp(command, "known", *arguments, *ALL)
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def titles(found: dict[str, Any]) -> list[str]:
    """The titles of an answer."""
    return [near["title"] for near in found["neighbours"]]


def test_albums_are_counted_by_extract_and_are_in_every_kind_of_answer(known: Path, tmp_path: Path) -> None:
    facts = json.loads((known / "known" / "corpus" / "manifest.json").read_text())["facts"]
    assert facts["albums"] == sum(album_at(at) is not None for at in range(TRACKS)) == 32
    found = answer("similar", "Song 1", "-n", "39")
    assert found["seeds"][0]["album"] == "Röofs"
    assert {near["title"]: near["album"] for near in found["neighbours"]} == {
        f"Song {at}": album_at(at) for at in range(TRACKS) if at != 1
    }
    table = run_sgp("similar", "known", "Song 1", *ALL[:-1], "--format", "csv", "-n", "39").out
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["album"] for row in rows] == [near["album"] or "" for near in found["neighbours"]]
    frame = package.open("known", experiments_dir=known).tracks()
    assert [album if isinstance(album, str) else None for album in frame["album"]] == [
        album_at(int(t.split()[1])) for t in frame["title"]
    ]


@pytest.mark.parametrize("format", ["xspf", "jspf", "tunemymusic", "soundiiz", "m3u8"])
def test_playlists_name_albums_and_are_read_back(known: Path, tmp_path: Path, format: str) -> None:
    ran = run_sgp("continue", "known", "Song 1", *ALL[:-1], "-n", "9", "--format", format)
    path = tmp_path / {"m3u8": "a.m3u8"}.get(format, "answer")
    path.write_text(ran.out, encoding="utf-8")
    (reader,) = open_sources([path], package.ExtractSettings()).readers
    rows = [row for block in reader.blocks() for row in block.table.to_pylist()]
    assert len(rows) == 9
    assert {row["title"]: row["album"] for row in rows} == {
        row["title"]: album_at(int(row["title"].split()[1])) for row in rows
    }


def test_exports_have_a_column_of_albums_only_if_one_is_known(known: Path, unknown: Path, tmp_path: Path) -> None:
    for name in ("known", "unknown"):
        for suffix in ("parquet", "npz", "csv", "jsonl"):
            assert run_sgp("export", name, str(tmp_path / f"{name}.{suffix}")).code == 0
    table = pq.read_table(tmp_path / "known.parquet").to_pylist()
    assert {row["title"]: row["album"] or None for row in table} == {f"Song {n}": album_at(n) for n in range(TRACKS)}
    assert "album" not in pq.read_table(tmp_path / "unknown.parquet").column_names
    assert "album" not in (tmp_path / "unknown.csv").read_text().splitlines()[0]
    assert '"album": "Doors"' in (tmp_path / "known.jsonl").read_text()


def test_filters_by_album_equal_filters_over_the_whole_list(known: Path) -> None:
    whole = answer("similar", "Song 1", "-n", "39")["neighbours"]
    for options, allowed in (
        (("--exclude-album", "doors"), {"Röofs", None, "Best Of"}),
        (("--exclude-album", "DOORS", "--exclude-album", "roofs"), {None, "Best Of"}),
        (("--only-album", "Best of"), {"Best Of"}),
        (("--only-album", "roofs", "--only-album", "Doors"), {"Röofs", "Doors"}),
    ):
        expected = [near["title"] for near in whole if near["album"] in allowed]
        for number in (3, len(expected)):
            assert titles(answer("similar", "Song 1", *options, "-n", str(number))) == expected[:number]
    expected = [n["title"] for n in whole if n["album"] == "Doors" and n["artist"] == "Artist 1"]
    assert titles(answer("similar", "Song 1", "--only-album", "artist 1 - doors", "-n", "39")) == expected
    kept, listed = [], Counter[str | None]()
    for near in whole:
        listed[near["album"]] += 1
        kept += [near["title"]] if near["album"] is None or listed[near["album"]] <= 2 else []
    found = answer("similar", "Song 1", "--max-per-album", "2", "-n", str(len(kept)))
    assert titles(found) == kept
    assert "no album is known for 8 of 40 tracks: limits by album do not apply to them" in found["notes"]
    only = answer("similar", "Song 1", "--only-album", "best of", "-n", "20")
    assert "left out all tracks of unknown album: 8 of 40 tracks" in only["notes"]
    assert titles(answer("similar", "Song 1", "--max-per-album", "0", "-n", "39")) == [near["title"] for near in whole]


def test_a_way_from_track_to_track_keeps_the_limit_per_album(known: Path) -> None:
    ends = ("--from", "Song 2", "--to", "Song 7", "--arrange", "-n", "11")
    found = answer("continue", *ends, "--max-per-album", "1")
    albums = Counter(near["album"] for near in found["neighbours"][1:-1])
    assert max(albums[album] for album in ("Doors", "Röofs", "Best Of")) == 1
    assert len(albums) == 4
    found = answer("continue", *ends, "--only-album", "Doors")
    assert {near["album"] for near in found["neighbours"][1:-1]} == {"Doors"}


def test_the_tracks_of_an_album_are_seeds(known: Path) -> None:
    found = answer("similar", "--album", "roofs")
    assert sorted(seed["title"] for seed in found["seeds"]) == sorted(f"Song {n}" for n in range(1, TRACKS, 5))
    found = answer("continue", "--album", "artist 0 - best of", "--album", "Röofs", "-n", "5")
    of_one = [seed for seed in found["seeds"] if seed["album"] == "Best Of"]
    assert sorted(seed["title"] for seed in of_one) == ["Song 18", "Song 3", "Song 33"]
    for album in ("Best Of", "Röofs"):
        total = sum(seed["weight"] for seed in found["seeds"] if seed["album"] == album)
        assert total == pytest.approx(1)
    ran = run_sgp("similar", "known", "--album", "Doors", "--of", "artists", "--json", "--exclude-artist", "Artist 2")
    mixed = json.loads(ran.out)
    assert mixed["groups"] == [{"weight": 1.0, "album": "Doors", "tracks": 16, "fallback": None}]


@pytest.mark.parametrize("command", ["similar", "continue"])
def test_albums_go_together_with_tracks_that_are_replaced(known: Path, command: str) -> None:
    unknown = "Artist 2 - Umbrella"
    query = (unknown, "--album", "roofs", "--fallback")
    found = answer(command, *query, "-n", "39")
    replaced = [seed for seed in found["seeds"] if seed["fallback"]]
    assert {seed["title"] for seed in replaced} == {f"Song {n}" for n in range(2, TRACKS, 3)}
    assert sum(seed["weight"] for seed in replaced) == pytest.approx(1)
    of_album = {seed["title"] for seed in found["seeds"] if not seed["fallback"]}
    assert of_album == {f"Song {n}" for n in range(1, TRACKS, 5)}
    assert set(titles(found)) == {f"Song {n}" for n in range(TRACKS)} - of_album
    found = answer(command, *query, "--only-album", "doors", "-n", "39")
    assert set(titles(found)) == {f"Song {n}" for n in range(TRACKS) if n % 5 in (0, 4)}


def test_lists_of_artists_take_albums_and_replace_tracks(known: Path) -> None:
    query = ("Artist 2 - Umbrella", "--album", "Doors", "--fallback")
    mixed = json.loads(run_sgp("similar", "known", *query, "--of", "artists", "--json").out)
    require_valid(mixed, "mixed_answer")
    replaced = {"name": "Artist 2 - Umbrella", "kind": "artist"}
    assert mixed["groups"] == [
        {"weight": 1.0, "artist": "Artist 2", "tracks": 13, "fallback": replaced},
        {"weight": 1.0, "album": "Doors", "tracks": 16, "fallback": None},
    ]


@pytest.mark.parametrize("option", ["--album", "--only-album", "--exclude-album"])
def test_an_unknown_album_is_an_error_with_the_nearest_names(known: Path, option: str) -> None:
    query = [] if option == "--album" else ["Song 1"]
    exact = ["--strict-names"] if option == "--album" else []
    ran = run_sgp("similar", "known", *query, option, "Dors", *exact)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.splitlines()[0] == "error: no album matches 'Dors'; did you mean one of these?"
    assert "Doors" in ran.err.splitlines()[1]
    ran = run_sgp("similar", "known", *query, option, "zzzqqq")
    problem = "no album matches 'zzzqqq', and no name is similar: check the spelling, or give another album"
    assert (ran.code, ran.err) == (3, f"error: {problem}\n")


@pytest.mark.parametrize(
    ("album", "titles_of", "note"),
    [
        ("dors", "Doors", "no album is called 'dors'; using the album 'Doors'"),
        ("roof", "Röofs", "no album is called 'roof'; using the album 'Röofs'"),
        ("artist 1 - best", "Artist 1 - Best Of", "the album 'Artist 1 - Best Of'"),
    ],
)
def test_an_album_may_be_given_by_a_part_of_its_name_or_with_typos(
    known: Path, album: str, titles_of: str, note: str
) -> None:
    artist, _, name = titles_of.rpartition(" - ")
    found = answer("similar", "--album", album)
    expected = {f"Song {at}" for at in range(TRACKS) if album_at(at) == name and artist in ("", f"Artist {at % 3}")}
    assert {seed["title"] for seed in found["seeds"]} == expected
    assert note in " ".join(found["notes"])


def test_an_album_name_that_several_match_is_an_error_with_the_list(known: Path) -> None:
    ran = run_sgp("similar", "known", "--album", "oo")
    assert (ran.code, ran.out) == (4, "")
    first, *others = ran.err.splitlines()
    assert first == "error: 2 albums match 'oo'; pick one of them, or give more of the name"
    assert others == ["  Doors (16×)", "  Röofs (8×)"]


def test_a_corpus_without_albums_refuses_filters_and_seeds_in_one_line(unknown: Path) -> None:
    for options in (["--only-album", "x"], ["--exclude-album", "x"], ["--max-per-album", "1"]):
        ran = run_sgp("similar", "unknown", "Song 1", *options)
        assert (ran.code, ran.out, ran.err) == (2, "", f"error: {NO_ALBUMS}: leave these options out\n")
    ran = run_sgp("similar", "unknown", "--album", "Doors")
    message = "error: cannot find album 'Doors': the sources of this corpus contain no albums; leave the album out\n"
    assert (ran.code, ran.err) == (2, message)
    assert json.loads(run_sgp("similar", "unknown", "Song 1", "--json").out)["neighbours"][0]["album"] is None


def test_lists_of_artists_refuse_filters_by_album(known: Path) -> None:
    ran = run_sgp("similar", "known", "Song 1", "--of", "artists", "--max-per-album", "1")
    assert (ran.code, ran.err) == (
        2,
        "error: --max-per-album is for lists of tracks: leave it out, or leave out --of artists\n",
    )
    ran = run_sgp("similar", "known", "Song 1", "--max-per-album", "x")
    assert ran.err == "error: --max-per-album must be a whole number (0 = no limit), not 'x'\n"
