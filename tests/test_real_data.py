"""Real dumps, where they are at hand: beside the checkout in shared/data, or where SGP_TEST_DATA says."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from skipgramophone.catalogue import Catalogue
from tests.conftest import Sgp

DATA = Path(os.environ.get("SGP_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")
Z10K = DATA / "zenodo-10k" / "spotify_playlists.csv"
ARCHIVE = DATA / "spotify-playlist-archive" / "playlists.csv.gz"
SESSIONS = DATA / "online-retail" / "sessions.txt"
AWKWARD = DATA / "formats" / "zenodo-awkward.csv"

# The positions that the original's README prints.
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
    assert set(found) == {"few-playlists", "giant-playlists", "title-order", "seen-once"}
    assert (found["title-order"]["count"], found["title-order"]["of"]) == (39, 39)
    catalogue = sgp_catalogue(experiments, "z10k")
    for name, position in POSITIONS.items():
        assert catalogue.resolve(name).track.position == position, name
    # The known awkward lines are lines of this slice; their names are in it letter for letter.
    names = {(track.artist, track.title) for track in catalogue.all_tracks()}
    for artist, title in awkward_names():
        assert (artist, title) in names or any(
            (artist, title) == spelling[:2] for row in range(len(catalogue)) for spelling in catalogue.spellings(row)
        ), (artist, title)


def awkward_names() -> list[tuple[str, str]]:
    """Artist and title of the awkward lines, read by hand: between the first two and the last separators."""
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
    assert [finding["kind"] for finding in dry["findings"]] == ["joined-artists"]  # artists stand with their guests


@pytest.mark.skipif(not SESSIONS.exists(), reason="the sessions of online-retail are not at hand")
def test_the_sessions_of_online_retail(sgp: Sgp) -> None:
    report = json.loads(sgp("extract", "retail", SESSIONS, "--json").out)
    assert [source["format"] for source in report["sources"]] == ["sessions"]
    assert (report["rows_read"], report["rows_rejected"]) == (406_632, 0)
    assert (report["playlists"], report["tracks"]) == (4_234, 3_684)
