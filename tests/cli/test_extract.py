"""`sgp extract`: its report, skipped files, the reject limit and reproducible output."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

import skipgramophone
from skipgramophone.playlists.readers import lines
from skipgramophone.settings import ExtractSettings
from tests.conftest import HEADER, Sgp, dump_text, two_genres

WriteDump = Callable[..., Path]


def test_a_directory_is_read_and_its_skipped_files_are_reported(sgp: Sgp, tmp_path: Path, experiments: Path) -> None:
    dumps = tmp_path / "dumps"
    dumps.mkdir()
    (dumps / "a.csv").write_text(dump_text(two_genres(4)))
    (dumps / "b.txt").write_text("1 2 3\n4 1\n")
    (dumps / ".DS_Store").write_bytes(b"\0\1")
    (dumps / "notes.md").write_text("# nothing\n")
    (dumps / "empty").write_text("")
    ran = sgp("extract", "x", dumps)
    assert (ran.code, ran.err) == (0, "")
    assert "sources          dumps/a.csv (zenodo)\n                 dumps/b.txt (sessions)\n" in ran.out
    assert "files skipped    dumps/.DS_Store: hidden\n                 dumps/empty: empty\n" in ran.out
    assert "                 dumps/notes.md: not in a format that sgp knows (first line: '# nothing')" in ran.out
    manifest = json.loads((experiments / "x" / "corpus" / "manifest.json").read_text())
    assert [found["file"] for found in manifest["facts"]["passed_over"]] == [
        "dumps/.DS_Store",
        "dumps/empty",
        "dumps/notes.md",
    ]
    strict = sgp("extract", "y", dumps, "--strict")
    assert (strict.code, strict.err) == (1, f"error: {dumps / 'empty'} is empty\n")
    (nothing := tmp_path / "nothing").mkdir()
    (nothing / ".hidden").write_text("1 2\n")
    ran = sgp("extract", "y", nothing)
    assert ran.err == f"error: {nothing} has no file in a format that sgp knows; nothing/.hidden: hidden\n"
    assert not (experiments / "y").exists()


def test_the_report_shows_guessed_columns_and_how_to_change_them(sgp: Sgp, write_dump: WriteDump) -> None:
    path = write_dump("Track name,Artist,Album,Note,Playlist\nBoats,Nell Quay,Harbour,x,Evening\n", "mine.csv")
    columns = "artist=Artist,title=Track name,playlist=Playlist,album=Album"
    ran = sgp("extract", "x", path)
    assert (
        f"columns        {columns}; unused: Note\n"
        f"               guessed from the header; to choose other columns, edit and add this "
        f"option: --columns '{columns}'\n"
    ) in ran.out
    report = json.loads(sgp("extract", "x", path, "--json", "--force").out)
    assert report["guessed_columns"] == [{"file": "mine.csv", "columns": columns, "unused": ["Note"]}]
    assigned = sgp("extract", "y", path, "--columns", columns)
    assert (assigned.code, "guessed" in assigned.out) == (0, False)


def test_the_option_for_guessed_columns_is_shown_for_all_sources_or_for_one_of_them(
    sgp: Sgp, write_dump: WriteDump, tmp_path: Path
) -> None:
    english = write_dump("Artist,Title,Playlist\nNell Quay,Boats,Evening\n", "english.csv")
    german = write_dump("Interpret;Titel\nNell Quay;Rain\n", "german.csv")
    (others := tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:9,Nell Quay - Key\nkey.mp3\n")
    option = "--columns artist=Artist,title=Title,playlist=Playlist"
    for_all = f"to choose other columns, edit and add this option: {option}\n"
    more = write_dump("Artist,Title,Playlist\nAda Fenn,Fog,Night\n", "more.csv")
    assert for_all in sgp("extract", "x", english, more, "--dry-run").out
    assert sgp("extract", "x", english, more, *option.split(), "--dry-run").code == 0
    for other in (german, others):
        ran = sgp("extract", "x", english, other, "--dry-run")
        assert for_all not in ran.out
        assert f"leave it out here, and add it with sgp extract --append and an option such as {option}\n" in ran.out
        assert sgp("extract", "x", english, other, *option.split(), "--dry-run").code == 1
        assert sgp("extract", "x", other, "-q", "--force").code == 0
        assert sgp("extract", "x", english, "--append", *option.split()).code == 0


def test_the_option_for_guessed_purchases_leads_to_the_same_playlists(sgp: Sgp, write_dump: WriteDump) -> None:
    rows = "".join(f"{n % 2},P{n},2024-03-0{n + 1}T10:00:00\n" for n in range(6))
    path = write_dump(f"visitorid,itemid,timestamp\n{rows}", "events.csv")
    guessed = sgp("extract", "x", path)
    option = guessed.out.partition("edit and add this option: ")[2].splitlines()[0]
    assert option == "--columns owner=visitorid,uri=itemid,time=timestamp --session-gap none"
    found = [json.loads(sgp("extract", "x", path, *more, "--json", "--force").out) for more in ((), option.split())]
    assert [report["playlists"] for report in found] == [2, 2]
    assert found[0]["guessed_columns"][0]["session_gap"] == "none"
    apart = json.loads(sgp("extract", "x", path, *option.split()[:2], "--json", "--force").out)
    assert apart["playlists"] > 2


def test_the_report_on_sessions_leaves_out_artists_owners_and_titles(sgp: Sgp, write_dump: WriteDump) -> None:
    ran = sgp("extract", "x", write_dump("1 2 3 4 5 6\n4 1\n2 1 4\n" * 3, "sessions.txt"))
    assert [line.split("  ")[0] for line in ran.out.splitlines()] == [
        "corpus of x", "sources", "rows read", "rows used", "rows rejected",
        "playlists", "", "tracks", "occurrences", "time",
    ]  # fmt: skip
    same = "6 playlists with exactly the same tracks as another playlist"
    assert f"playlists      9; longest: 6 tracks\n               {same}\n" in ran.out


@pytest.mark.parametrize(("owners", "is_warned"), [(12, True), (6, False)])
def test_the_report_says_if_hardly_any_playlist_has_two_tracks(
    sgp: Sgp, write_dump: WriteDump, owners: int, is_warned: bool
) -> None:
    rows = "".join(f"u{at % owners},Nell {at},Boats {at}\n" for at in range(12))
    ran = sgp("extract", "x", write_dump(f"owner,artist,title\n{rows}", "mine.csv"))
    warning = "hardly any playlist has two tracks; if another column of a table identifies playlists, assign it"
    assert (warning in ran.out) == is_warned


def test_many_sources_are_counted_by_format(sgp: Sgp, tmp_path: Path) -> None:
    for at in range(6):
        (tmp_path / f"{at}.m3u8").write_text(f"#EXTM3U\n#EXTINF:1,A - Song {at}\nx.ogg\n#EXTINF:1,B - Other\ny.ogg\n")
    (tmp_path / "s.txt").write_text("1 2 3\n4 1\n")
    out = sgp("extract", "x", tmp_path).out
    assert "sources         6 files (m3u)\n                1 file (sessions)\nrows read" in out


def test_extract_stops_at_the_first_reject_with_strict_or_at_too_many(
    sgp: Sgp, write_dump: WriteDump, experiments: Path
) -> None:
    good = dump_text(two_genres(10))
    ran = sgp("extract", "x", write_dump(good + "x\n"), "--strict")
    line = "does not begin and end with a quote"
    assert ran.err == f"error: dump.csv, line 122: {line} (leave out --strict to skip such rows)\n"
    path = write_dump(good + "x\n" * 121)
    ran = sgp("extract", "x", path)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "error: dump.csv: 121 of 241 rows cannot be used, so the format may be wrong; "
        f"first: dump.csv, line 122: {line} "
        "(choose a format with --format, or allow any share of unusable rows with --max-rejects 1)\n"
    )
    assert list(experiments.iterdir()) == []
    assert sgp("extract", "x", path, "--max-rejects", "1", "-q").code == 0


def test_the_report_counts_cleaned_rows_and_replaced_bytes(sgp: Sgp, write_dump: WriteDump) -> None:
    lines = HEADER.encode() + b'\n"u","A","one","p"\n"u","A","one","p"\n"u","B\xf6","two","p"\n"u","C","x","q"\n'
    path = write_dump(lines)
    ran = sgp("extract", "x", path, "--repeats", "drop", "--min-length", "2", "--bad-bytes", "replace")
    assert (
        "rows read      4\n"
        "rows used      2\n"
        "rows rejected  0\n"
        "rows left out  2\n"
        "               1 in playlists shorter than 2\n"
        "               1 repeated within a playlist\n"
        "replaced       1 replacement character inserted for bytes that the encoding cannot decode\n"
    ) in ran.out
    ran = sgp("extract", "y", path, "--min-length", "9")
    assert (ran.code, ran.err) == (1, "error: cleaning left out all rows: 3 in playlists shorter than 9\n")


def test_a_dry_run_shows_tracks_with_equal_names_and_writes_nothing(
    sgp: Sgp, write_dump: WriteDump, experiments: Path
) -> None:
    header = '"user_id","artistname","trackname","playlistname","trackuri"\n'
    path = write_dump(header + "".join(f'"u","A","Song","p","x:{at}"\n"u","B","b{at}","p",""\n' for at in range(3)))
    ran = sgp("extract", "x", path, "--dry-run")
    assert ran.out.startswith("corpus of x (dry run: not written)\n")
    assert (
        "tracks           6\n"
        "                 2 tracks share artist and title with another track: merge them with --merge-uris\n"
        "                   3 × A - Song\n"
    ) in ran.out
    assert "tracks           4\n" in sgp("extract", "x", path, "--dry-run", "--merge-uris").out
    assert list(experiments.iterdir()) == []
    # An addition cannot change the option, so the advice is another one.
    assert sgp("extract", "x", path, "-q").code == 0
    grown = sgp("extract", "x", write_dump(header + '"u","C","new","q",""\n', "more.csv"), "--append").out
    assert "extract all sources together again with --merge-uris; use a new experiment name" in " ".join(grown.split())


def test_the_order_of_sources_does_not_affect_the_report(sgp: Sgp, write_dump: WriteDump) -> None:
    one, other = write_dump(two_genres(20), "one.csv"), write_dump("1 2 3\n3 1\n", "other.txt")
    reports = [
        json.loads(sgp("extract", "x", *paths, "--dry-run", "--json").out) for paths in ([one, other], [other, one])
    ]
    for report in reports:
        report["sources"].sort(key=lambda source: str(source["file"]))
        for time in ("seconds", "rows_per_second"):
            del report[time]
    assert reports[0] == reports[1]


def test_a_line_of_10_mb_is_read(sgp: Sgp, write_dump: WriteDump) -> None:
    path = write_dump(dump_text([("u", "A", "x" * 10_000_000, "p"), ("u", "A", "b", "p")]).replace("\n", "\r\n"))
    report = json.loads(sgp("extract", "x", path, "--dry-run", "--json").out)
    assert (report["rows_used"], report["rows_rejected"], report["tracks"]) == (2, 0, 2)


def test_the_same_sources_give_the_same_bytes(sgp: Sgp, write_dump: WriteDump, experiments: Path) -> None:
    dump = write_dump(two_genres(30))
    digests = []
    for name in ("one", "other"):
        assert sgp("extract", name, dump, "-q").code == 0
        digests.append(json.loads((experiments / name / "corpus" / "manifest.json").read_text())["digest"])
    assert digests[0] == digests[1]


def test_replaced_characters_are_counted_when_later_blocks_are_read_ahead(tmp_path: Path) -> None:
    """A block that is prepared ahead does not know the replaced characters of the block before it."""
    path = tmp_path / "some.jsonl"
    path.write_bytes(b'{"T": "good"}\n' * 9 + b'{"T": "b\xffd"}\n{"T": "good"}\n')
    with patch.object(lines, "BLOCK_BYTES", 14):
        report = skipgramophone.extract(
            "x", path, ExtractSettings(columns="title=T", bad_bytes="replace"), experiments_dir=tmp_path / "experiments"
        )
    assert report.letters_replaced == 1
