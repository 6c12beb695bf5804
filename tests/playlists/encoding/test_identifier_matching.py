"""Tracks that share an identifier are merged on request, unless their names show that the identifier is wrong."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import skipgramophone as package
from skipgramophone.errors import SettingError
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.name_search import NameSearch
from skipgramophone.playlists.encoding import identifier_matching
from skipgramophone.playlists.encoding.encoded_playlists import EncodedPlaylists
from skipgramophone.playlists.encoding.encoder import encode
from skipgramophone.playlists.readers.rows import Row, RowBlock, _table
from skipgramophone.settings import ExtractSettings
from tests.conftest import run_sgp

ONE, OTHER = "isrc:GBAAA0000001", "isrc:GBAAA0000002"
MBID = "mbid:11111111-1111-4111-8111-111111111111"


def matched(*rows: tuple[str, str, str | None, str | None], **given: Any) -> EncodedPlaylists:
    """Encode a playlist of rows (artist, title, uri, identifiers), matched by both kinds of identifiers."""
    table = _table([Row("", "p", None, artist, title, uri, None, None, stated) for artist, title, uri, stated in rows])
    return encode([RowBlock(table)], ExtractSettings(**({"match": "isrc,mbid"} | given)))


def test_tracks_with_different_uris_and_spellings_become_one() -> None:
    found = matched(
        ("Ada", "Green Door", "x:1", ONE),
        ("Ada", "Green Door - Remastered", "x:2", ONE),
        ("Ada Fenn", "Blue", None, MBID),
        ("Ada", "Green Dor", None, f"{ONE}\n{MBID.upper()}"),
        ("Ada", "Blue", "x:3", f"{MBID}\n{OTHER}"),
    )
    # The last row has the recording id of "Green Dor" and of "Blue", whose titles differ: two tracks are left.
    assert found.track_ids.tolist() == [0, 0, 1, 0, 1]
    assert found.tracks.select(["artist", "title", "uri", "count"]).to_pylist() == [
        {"artist": "Ada", "title": "Green Door", "uri": "x:1", "count": 3},
        {"artist": "Ada Fenn", "title": "Blue", "uri": None, "count": 2},
    ]
    assert found.uris.to_pylist() == [{"uri": "x:2", "row": 0}, {"uri": "x:3", "row": 1}]
    assert [(row["row"], row["title"]) for row in found.spellings.to_pylist()] == [
        (0, "Green Door - Remastered"),
        (0, "Green Dor"),
        (1, "Blue"),
    ]
    assert found.matching is not None
    assert found.matching.merged == 3
    assert [(each.identifier, each.names) for each in found.matching.merges] == [
        (ONE, ("Ada - Green Door", "Ada - Green Door - Remastered", "Ada - Green Dor")),
        (MBID, ("Ada Fenn - Blue", "Ada - Blue")),
    ]
    assert [(each.identifier, each.names) for each in found.matching.conflicts] == [
        (MBID, ("Ada Fenn - Blue", "Ada - Green Dor"))
    ]


def test_a_placeholder_merges_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["Tide", "Salt", "Knot", "Harbour", "Lantern"]
    rows = [("A", word, f"x:{at}", ONE) for at, word in enumerate([*words, "Tide"])]
    found = matched(*rows)
    assert found.track_ids.tolist() == [0, 1, 2, 3, 4, 0]
    monkeypatch.setattr(identifier_matching, "MOST_KINDS", 4)
    found = matched(*rows)
    assert found.track_ids.tolist() == [0, 1, 2, 3, 4, 5]
    assert found.matching is not None
    assert (found.matching.merged, len(found.matching.conflicts)) == (0, 1)


def test_only_the_chosen_kinds_count_and_by_default_none() -> None:
    rows = (("A", "T", "x:1", f"{ONE}\n{MBID}"), ("A", "T", "x:2", ONE), ("A", "T", "x:3", MBID))
    assert matched(*rows, match="isrc").track_ids.tolist() == [0, 0, 1]
    assert matched(*rows, match="mbid").track_ids.tolist() == [0, 1, 0]
    assert matched(*rows, match=" MBID, isrc").track_ids.tolist() == [0, 0, 0]
    assert matched(*rows, match=None).track_ids.tolist() == [0, 1, 2]


def test_malformed_identifiers_match_nothing() -> None:
    found = matched(("A", "T", "x:1", "isrc:0"), ("A", "T", "x:2", "isrc:0"), ("A", "T", "x:3", "isrc: "))
    assert found.track_ids.tolist() == [0, 1, 2]
    assert (found.identifiers.malformed, found.identifiers.examples) == (1, ("isrc:0",))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(
        SettingError, match=r"^match must be one or more of isrc,mbid, not 'irsc'; did you mean 'isrc'\?$"
    ):
        ExtractSettings(match="irsc")


def write(path: Path, *rows: tuple[str, str, str, str]) -> Path:
    """Write a table with artist, title, uri and ISRC."""
    lines = ["artist,title,track uri,isrc", *(",".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


FIRST = (("A", "Tide", "x:1", "GBAAA0000001"), ("A", "Salt", "", ""), ("A", "Knot", "x:3", ""))
SECOND = (("A", "Tide - Live", "x:4", "GBAAA0000001"), ("A", "Tide (Live)", "", "GBAAA0000001"), ("B", "New", "", ""))
THIRD = (("C", "other", "x:4", ""), ("A", "salt", "", "GBAAA0000002"), ("A", "Salt!", "", "GBAAA0000002"))
FOURTH = (("A", "Salt!", "", ""), ("A", "Tide", "x:3", "GBAAA0000001"))


def tracks_of(root: Path, name: str) -> list[tuple[str, str, str | None, int, tuple[str, ...]]]:
    """Return names, uri, count and identifiers of the tracks of an experiment, ordered by first place."""
    catalogue = Catalogue(root / name / "corpus")
    found = sorted(catalogue.all_tracks(), key=lambda track: track.first_place)
    return [(track.artist, track.title, track.uri, track.count, track.identifiers) for track in found]


def test_added_sources_are_matched_with_the_existing_tracks_as_in_one_extraction(tmp_path: Path) -> None:
    parts = [write(tmp_path / f"{at}.csv", *rows) for at, rows in enumerate((FIRST, SECOND, THIRD, FOURTH))]
    settings = ExtractSettings(match="isrc")
    package.extract("whole", parts, settings, experiments_dir=tmp_path)
    package.extract("grown", parts[0], settings, experiments_dir=tmp_path)
    for part in parts[1:]:
        package.extract("grown", part, append=True, experiments_dir=tmp_path)
    expected = [
        ("A", "Tide", "x:1", 4, ("isrc:GBAAA0000001",)),
        ("A", "Salt", None, 4, ("isrc:GBAAA0000002",)),
        ("A", "Knot", "x:3", 2, ("isrc:GBAAA0000001",)),
        ("B", "New", None, 1, ()),
    ]
    assert tracks_of(tmp_path, "grown") == tracks_of(tmp_path, "whole") == expected
    with pytest.raises(
        SettingError, match=r"^match is isrc in this corpus, and must be the same for added sources, not mbid"
    ):
        package.extract(
            "grown", parts, ExtractSettings(match="mbid"), append=True, force=True, experiments_dir=tmp_path
        )


def test_two_tracks_of_the_corpus_stay_separate(tmp_path: Path) -> None:
    rows = (("A", "Tide", "x:1", "GBAAA0000001"), ("A", "Tide", "x:2", "GBAAA0000002"))
    first = write(tmp_path / "a.csv", *rows)
    package.extract("demo", first, ExtractSettings(match="isrc"), experiments_dir=tmp_path)
    both = write(tmp_path / "b.csv", ("A", "Tide", "x:2", "GBAAA0000001"))
    report = package.extract("demo", both, append=True, experiments_dir=tmp_path)
    assert report.matching is not None
    assert (report.tracks, report.matching.merged, report.matching.kept_apart) == (2, 0, 1)


def test_the_report_says_how_many_tracks_share_an_identifier(tmp_path: Path) -> None:
    rows = [("A", f"Song {at}", f"x:{at}", f"GBAAA000{at // 3:04d}" if at < 7 else "") for at in range(9)]
    source = write(tmp_path / "a.csv", *rows)
    ran = run_sgp("extract", "demo", source, "--experiments-dir", tmp_path)
    # Seven tracks have an ISRC: two groups of three tracks share one.
    assert "identifiers      7 tracks with an ISRC\n" in ran.out
    assert "6 tracks share an identifier with another track: merge them with --match isrc,mbid\n" in ran.out
    matched_too = run_sgp("extract", "other", source, "--match", "isrc", "--json", "--experiments-dir", tmp_path)
    found = json.loads(matched_too.out)
    assert found["identifiers"] == {"tracks": {"isrc": 7}, "sharing": 6, "malformed": 0, "examples": []}


def test_a_dry_run_lists_what_would_merge(tmp_path: Path) -> None:
    rows = [("A", f"Song {at // 2}", f"x:{at}", f"GBAAA000{at // 2:04d}") for at in range(30)]
    rows += [("A", "Quite different", "y:1", "GBAAA0000000")]
    source = write(tmp_path / "a.csv", *rows)
    arguments = ("extract", "demo", source, "--match", "isrc", "--experiments-dir", tmp_path)
    found = json.loads(run_sgp(*arguments, "--dry-run", "--json").out)["matching"]
    assert (found["merged"], len(found["merges"]), found["conflicts"]) == (15, 15, 1)
    assert found["merges"][1] == {"identifier": "isrc:GBAAA0000001", "names": ["A - Song 1", "A - Song 1"]}
    shown = run_sgp(*arguments).out
    assert "matched          15 tracks merged with another track that has the same identifier\n" in shown
    assert "isrc:GBAAA0000000: A - Song 0 ≠ A - Quite different\n" in shown
    assert (tmp_path / "demo" / "corpus" / "identifiers.sqlite").exists()


def test_identifiers_stay_with_their_tracks_when_rows_are_renumbered(tmp_path: Path) -> None:
    rows = [("A", f"Song {at % 7}", f"x:{at % 7}", f"GBAAA000000{at % 7}", f"list {at // 5}") for at in range(60)]
    for name, some in (("a.csv", rows[:25]), ("b.csv", rows[25:])):
        lines = ["artist,title,track uri,isrc,playlist name", *(",".join(row) for row in some)]
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    settings = ExtractSettings(holdout=0.4, random_seed=3)
    package.extract("demo", tmp_path / "a.csv", settings, experiments_dir=tmp_path)
    package.extract("demo", tmp_path / "b.csv", append=True, experiments_dir=tmp_path)
    found = {title: identifiers for _, title, _, _, identifiers in tracks_of(tmp_path, "demo")}
    assert found == {f"Song {at}": (f"isrc:GBAAA000000{at}",) for at in range(7)}
    with closing(Catalogue(tmp_path / "demo" / "corpus")) as catalogue:
        catalogue.require_sound()


def test_further_uris_find_a_track(tmp_path: Path) -> None:
    header = "Track name,Artist name,Album,Playlist name,Type,ISRC,Spotify - id,Deezer - id"
    (tmp_path / "a.csv").write_text(f"{header}\nT,A,,P,Playlist,,{'1' * 22},7\nU,A,,P,Playlist,,,8\n")
    listen = {"artist_name": "A", "track_name": "V", "additional_info": {"spotify_id": f"spotify:track:{'2' * 22}"}}
    line = {"listened_at": 1622541600, "user_name": "me", "track_metadata": listen}
    (tmp_path / "b.jsonl").write_text(json.dumps(line) + "\n")
    package.extract("demo", [tmp_path / "a.csv", tmp_path / "b.jsonl"], experiments_dir=tmp_path)
    with closing(Catalogue(tmp_path / "demo" / "corpus")) as catalogue:
        search = NameSearch(catalogue)
        for query, title in (
            (f"https://open.spotify.com/track/{'1' * 22}", "T"),
            ("https://www.deezer.com/track/7", "T"),
            (f"https://open.spotify.com/intl-de/track/{'2' * 22}?si=1", "V"),
        ):
            assert search.resolve(query).track.title == title
