"""Real dumps, if there are any: in ../shared/data, or in the directory $SGP_TEST_DATA."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.name_search import NameSearch
from skipgramophone.names.normalization import full_name
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.conftest import Sgp

DATA = Path(os.environ.get("SGP_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")
Z10K = DATA / "zenodo-10k" / "spotify_playlists.csv"
ARCHIVE = DATA / "spotify-playlist-archive" / "playlists.csv.gz"
SESSIONS = DATA / "online-retail" / "sessions.txt"
AWKWARD = DATA / "formats" / "zenodo-awkward.csv"

# The positions in the README of the original script.
POSITIONS = {
    "john mayer - free fallin' - live at the nokia theatre": 4602,
    "the martini's - free": 4600,
    "the cranberries - free to decide": 4605,
    "säkert! - fredrik": 4599,
    "rascals - freakbeat phantom": 4597,
    "tom petty - free fallin'": 206,
    "cary brothers - free like you make me": 4603,
    "robot koch - nitesky feat. john lamonica": 6755,
    "håkan hellström - brännö serenad": 3480,
    "justice - the party": 264,
    "muse - resistance": 7376,
}


@pytest.mark.skipif(not Z10K.exists(), reason="the 10,000-row slice of the Zenodo dump is not at hand")
def test_the_slice_of_the_original(sgp: Sgp, experiments: Path) -> None:
    report = json.loads(sgp("extract", "z10k", Z10K, "--json").out)
    assert (report["rows_read"], report["rows_used"], report["rows_rejected"]) == (10_000, 10_000, 0)
    assert (report["playlists"], report["owners"], report["tracks"]) == (40, 6, 8_629)
    assert (report["repeats"], report["without_artist"]) == (5, 8)
    assert (report["sorted_by_title"], report["sortable"]) == (39, 39)
    found = {finding["kind"]: finding for finding in json.loads(sgp("inspect", "z10k", "--json").out)["findings"]}
    assert set(found) == {"few-playlists", "giant-playlists", "automatic-lists", "title-order", "seen-once"}
    assert found["automatic-lists"]["count"] == 3  # "Starred", twice, and "Gillat från Radio"
    assert (found["title-order"]["count"], found["title-order"]["of"]) == (39, 39)
    catalogue = sgp_catalogue(experiments, "z10k")
    for name, position in POSITIONS.items():
        assert NameSearch(catalogue).resolve(name).track.position == position, name
    # This slice contains the known awkward lines, whose names must come out letter for letter.
    names = {(track.artist, track.title) for track in catalogue.all_tracks()}
    for artist, title in awkward_names():
        assert (artist, title) in names or any(
            (artist, title) == spelling[:2] for row in range(len(catalogue)) for spelling in catalogue.spellings(row)
        ), (artist, title)


def awkward_names() -> list[tuple[str, str]]:
    """Artist and title of each awkward line, found without the reader: the second and third field, split at `","`."""
    names = []
    for line in AWKWARD.read_text(encoding="utf-8").splitlines()[1:]:
        _, artist, title, _ = line[1:-1].split('","')
        names.append((artist, title))
    return names


def sgp_catalogue(root: Path, name: str) -> Catalogue:
    """The catalogue of an extracted experiment."""
    return Catalogue(root / name / "corpus")


@pytest.mark.skipif(not AWKWARD.exists(), reason="the awkward lines of the Zenodo dump are not at hand")
def test_the_awkward_lines(sgp: Sgp, experiments: Path) -> None:
    report = json.loads(sgp("extract", "awkward", AWKWARD, "--json").out)
    assert (report["rows_read"], report["rows_rejected"], report["without_artist"]) == (34, 0, 8)
    names = {(track.artist, track.title) for track in sgp_catalogue(experiments, "awkward").all_tracks()}
    assert ('Osmani Garcia "La Voz"', "El Taxi") in names
    assert ("The Gaslight Anthem", '"45"') in names
    assert ("", "07 - echoes") in names
    assert names == set(awkward_names())


@pytest.mark.skipif(not ARCHIVE.exists(), reason="the playlist archive is not at hand")
def test_the_archive(sgp: Sgp) -> None:
    report = json.loads(sgp("extract", "archive", ARCHIVE, "--json").out)
    assert (report["rows_read"], report["rows_rejected"]) == (206_245, 0)
    assert (report["tracks"], report["playlists"]) == (64_750, 2_393)
    dry = json.loads(sgp("extract", "again", ARCHIVE, "--dry-run", "--json").out)
    # "Daily Mix 1" and others; snapshots of one list; artists are joined with their guests.
    assert [finding["kind"] for finding in dry["findings"]] == ["automatic-lists", "snapshots", "joined-artists"]
    automatic, snapshots, _ = dry["findings"]
    assert (automatic["count"], automatic["of"]) == (110, 2_393)
    assert snapshots["apply"] == {"evaluate": ["--group", "[^@]*"]}


@pytest.mark.skipif(not SESSIONS.exists(), reason="the sessions of online-retail are not at hand")
def test_the_sessions_of_online_retail(sgp: Sgp) -> None:
    report = json.loads(sgp("extract", "retail", SESSIONS, "--json").out)
    assert [source["format"] for source in report["sources"]] == ["sessions"]
    assert (report["rows_read"], report["rows_rejected"]) == (406_632, 0)
    assert (report["playlists"], report["tracks"]) == (4_234, 3_684)


# The playlists that a person reads in the small files of formats/: format, playlists, rows without a track.
READ_BY_HAND: dict[str, tuple[str, list[tuple[str, list[str]]], int]] = {
    "artist-title/evening.txt": (
        "titles",
        [
            (
                "evening",
                [
                    "Queen - Bohemian Rhapsody",
                    "50 Cent, Snoop Dogg - P.I.M.P. - Snoop Dogg Remix",
                    "Trina Ft Kelly Rowland- Here We Go",
                    "JAŸ-Z - 99 Problems",
                ],
            )
        ],
        1,
    ),
    "bbc.csv": ("columns", [("A programme", ["Manzel - Space Funk", "Lonnie Liston Smith - Expansions"])], 1),
    "exportify-2020": ("exportify", [("120", ["Roy Blues - Brain Wax", 'Somebody - It Ain\'t "Over"'])], 0),
    "exportify-2026": (
        "exportify",
        [
            (
                "50s_bangers\N{COCKTAIL GLASS}",
                [
                    "B.o.B, Hayley Williams - Airplanes (feat. Hayley Williams)",
                    "Earth, Wind & Fire - September",
                    'Demo "take 2"',
                ],
            )
        ],
        0,
    ),
    "extended.m3u8": (
        "m3u",
        [("Evening", ["Queen - Bohemian Rhapsody", "A stream", "Simon & Garfunkel - Cecilia"])],
        0,
    ),
    "lastfm-headerless.csv": (
        "lastfm",
        [
            ("2020-11-19 20:58", ["Earth, Wind & Fire - Boogie Wonderland", "Peggy Gou - Starry Night"]),
            ("2020-11-20 09:28", ["Biome - Kitemare", "Biome - Let Me"]),
        ],
        1,
    ),
    "lastfm-indexed.csv": (
        "lastfm",
        [
            ("2019-05-27 23:33", ["Randy Newman - Putin"]),
            ("2019-05-28 10:40", ["Randy Newman - Wandering Boy", "Peggy Gou - Starry Night - Edit"]),
        ],
        0,
    ),
    "lastfm-uts.csv": (
        "lastfm",
        [("2026-02-22 11:34", ["Roy Harper - Me and My Woman", "Roy Harper - Hors D'Oeuvres"])],
        0,
    ),
    "latin1.m3u": ("m3u", [("latin1", ["Björk - Jóga", "Håkan Hellström - Brännö serenad"])], 0),
    "listenbrainz.jsonl": (
        "listenbrainz",
        [("2021-06-01 10:00", ["Sigur Rós - Sæglópur", "Sigur Rós - Hoppípolla"])],
        0,
    ),
    "mpd.slice.0-999.json": (
        "mpd",
        [
            (
                "Slow mornings",
                [
                    "Frank Ocean - Pink + White",
                    "Axwell /\\ Ingrosso - Sun Is Shining",
                    'Tito "El Bambino" - El Amor',
                    "MGMT - Time to Pretend",
                ],
            ),
            (
                "Party \N{PARTY POPPER}",
                [
                    "MGMT - Time To Pretend",
                    "Axwell /\\ Ingrosso - Sun Is Shining",
                    "Axwell /\\ Ingrosso - Sun Is Shining",
                    "Frank Ocean - Pink + White",
                ],
            ),
        ],
        0,
    ),
    "plain.m3u": (
        "m3u",
        [
            (
                "plain",
                [
                    "阿桑 - 一直很安静",
                    "胡歌 - 六月的雨",
                    "50 Cent, Snoop Dogg - P.I.M.P. - Snoop Dogg Remix",
                    "Boards of Canada - Roygbiv",
                ],
            )
        ],
        0,
    ),
    "spotify-export-2020": (
        "spotify",
        [
            (
                "Picks Vol-3 (Original)",
                ["Various Artists - Bunty Aur Babli", "Various Artists - Ishq Hi Hai Rab"],
            )
        ],
        0,
    ),
    "spotify-export-2022": (
        "spotify",
        [
            ("car mix ", ["Mac Miller - Good News", "Childish Gambino - Redbone", "01 - Take Me To Church"]),
            (
                "2021-01-09 02:10",
                [
                    "The Smiths - There Is a Light That Never Goes Out - 2011 Remaster",
                    "The Smiths - This Charming Man - 2011 Remaster",
                ],
            ),
            (
                "2021-01-09 05:09",
                ["Mariah Carey - Fantasy", "Mariah Carey - Fantasy", "Orville Peck - Queen of the Rodeo"],
            ),
        ],
        2,
    ),
    "spotify-export-extended": ("spotify", [("2021-06-01 09:56", ["Björk - Hyperballad"])], 1),
    "yes": (
        "yes",
        [
            (
                "3",
                [
                    "Gucci Mane - Gucci Time (w/ Swizz Beatz)",
                    "Rick Ross - Aston Martin Music",
                    "T.I. - Get Back Up",
                    "Usher - Hot Toddy",
                ],
            ),
            ("4", ["T.I. - Get Back Up", "Gucci Mane - Gucci Time (w/ Swizz Beatz)"]),
            ("5", ["Rick Ross - Aston Martin Music"]),
        ],
        1,
    ),
}


@pytest.mark.skipif(not AWKWARD.exists(), reason="the small files of formats/ are not at hand")
def test_every_file_format_is_read_as_a_person_reads_it() -> None:
    shapes = {path.name for path in AWKWARD.parent.iterdir()}
    assert {name.split("/")[0] for name in READ_BY_HAND} | {AWKWARD.name} == shapes
    for name, (format, playlists, rejects) in READ_BY_HAND.items():
        columns = "artist=artist,title=title,playlist=programTitle" if format == "columns" else None
        found: dict[tuple[str, str], list[str]] = {}
        rejected = 0
        for reader in open_sources([AWKWARD.parent / name], ExtractSettings(columns=columns)).readers:
            assert reader.format == format, name
            for block in reader.blocks():
                rejected += len(block.rejects)
                for row in block.table.to_pylist():
                    named = full_name(row["artist"], row["title"])
                    found.setdefault((row["playlist"], row["key"]), []).append(named)
        assert [(playlist, tracks) for (playlist, _), tracks in found.items()] == playlists, name
        assert rejected == rejects, name
