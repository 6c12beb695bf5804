"""`sgp continue` as a playlist: seeds, title, excluded versions and output files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import skipgramophone as sgp
from skipgramophone.cli.playlist_output import _note_unplayable
from skipgramophone.names.song_versions import is_version
from skipgramophone.playlists.playlist_formats import Entry
from tests.conftest import Ran, run_sgp

GIVEN = ("sample:track:0005", "sample:track:0100")


def continued(root: Path, *arguments: str | Path) -> Ran:
    """Continue a playlist of the sample."""
    return run_sgp("continue", "demo", *GIVEN, "-q", "-n", "5", *arguments, "--experiments-dir", root)


def test_a_playlist_begins_with_its_title_and_seeds(sample_root: Path) -> None:
    with sgp.open("demo", sample_root) as demo:
        names = [demo.resolve(uri).track.name for uri in GIVEN]
    alone = continued(sample_root, "--format", "m3u8").out.splitlines()
    ran = continued(sample_root, "--format", "m3u8", "--include-seeds", "--title", "Evening\x1b[2J")
    first, title, *lines = ran.out.splitlines()
    assert (ran.code, first, title) == (0, "#EXTM3U", "#PLAYLIST:Evening\\x1b[2J")
    assert lines[:4] == [f"#EXTINF:-1,{names[0]}", GIVEN[0], f"#EXTINF:-1,{names[1]}", GIVEN[1]]
    assert lines[4:] == alone[1:]
    plain = continued(sample_root, "--format", "plain", "--include-seeds").out.splitlines()
    assert plain == [*names, *(line.removeprefix("#EXTINF:-1,") for line in alone[1::2])]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--title", "x"], "--title is for m3u8, xspf, jspf, tunemymusic, not for table: add --format m3u8"),
        (["--include-seeds", "--stdin"], None),
        (["--include-seeds", "--json"], "--include-seeds is for playlists, not for json: add --format m3u8 or plain"),
        (["-o", "x.doc"], "cannot tell the format of 'x.doc' from its suffix"),
        (["--exclude-versions", "live,remux"], "not 'remux'; did you mean 'remix'?"),
    ],
)
def test_options_that_do_not_fit_are_refused(sample_root: Path, arguments: list[str], message: str | None) -> None:
    ran = continued(sample_root, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message is None or message in ran.err


def test_an_output_file_has_the_format_of_its_suffix_and_is_not_replaced(sample_root: Path, tmp_path: Path) -> None:
    for suffix, format in (("m3u8", "m3u8"), ("m3u", "m3u8"), ("txt", "plain"), ("csv", "csv"), ("json", "json")):
        path = tmp_path / f"more.{suffix}"
        ran = continued(sample_root, "-o", path)
        assert (ran.code, ran.out, ran.err) == (0, "", "")
        assert path.read_text(encoding="utf-8") == continued(sample_root, "--format", format).out
    before = path.read_bytes()
    ran = continued(sample_root, "-o", path, "--all-versions")
    assert (ran.code, path.read_bytes()) == (1, before)
    assert ran.err == f"error: {path} already exists: choose another path, or replace it with --force\n"
    assert continued(sample_root, "-o", path, "-n", "6", "--force").code == 0
    assert len(json.loads(path.read_text())["neighbours"]) == 6
    loud = run_sgp("continue", "demo", GIVEN[0], "-n", "1", "-o", path, "--force", "--experiments-dir", sample_root)
    assert loud.err.splitlines()[-1] == f"wrote 1 track to {path}"
    (tmp_path / "link.csv").symlink_to(path)
    (tmp_path / "directory.csv").mkdir()
    for name in ("link.csv", "directory.csv", "nowhere/x.csv"):
        ran = continued(sample_root, "-o", tmp_path / name, "--force")
        assert (ran.code, ran.err.startswith(f"error: cannot write {tmp_path / name}: ")) == (1, True)
    ran = continued(sample_root, "-o", "-", "--format", "csv")
    assert (ran.code, ran.err) == (1, "error: this result cannot be written to standard output (-): give a file\n")
    assert sorted(found.name for found in tmp_path.iterdir() if found.name.startswith(".")) == []


def test_excluded_versions_are_left_out_and_the_list_stays_full(sample_root: Path) -> None:
    def titles(*arguments: str) -> list[str]:
        """The titles of the answer."""
        found = json.loads(continued(sample_root, "-n", "300", "--max-per-artist", "0", "--json", *arguments).out)
        return [near["title"] for near in found["neighbours"]]

    every = titles("--all-versions")
    wanted = [title for title in every if not is_version(title, ["live", "acoustic"])]
    assert 5 < len(every) - len(wanted) < 200
    kept = titles("--all-versions", "--exclude-versions", " Live,acoustic ")
    assert (len(kept), kept[: len(wanted)]) == (300, wanted)


def test_formats_of_players_and_services(sample_root: Path, tmp_path: Path) -> None:
    for format in ("xspf", "jspf"):
        path = tmp_path / f"more.{format}"
        ran = continued(sample_root, "--include-seeds", "--title", "Evening", "-o", path)
        assert (ran.code, ran.out) == (0, "")
        again = run_sgp("extract", "again", path, "--dry-run", "--json", "--experiments-dir", tmp_path)
        assert [json.loads(again.out)[name] for name in ("tracks", "playlists")] == [7, 1]
    answer = json.loads(continued(sample_root, "--json").out)["neighbours"]
    assert continued(sample_root, "--format", "uris").out.splitlines() == [near["uri"] for near in answer]
    for format, header in (
        ("tunemymusic", "Track name,Artist name,Album,Playlist name,Type,ISRC,Spotify - id"),
        ("soundiiz", "title;artist;album;isrc"),
    ):
        lines = continued(sample_root, "--format", format).out.splitlines()
        assert (lines[0], len(lines)) == (header, 6)
        assert answer[0]["title"] in lines[1]
        assert answer[0]["artist"] in lines[1]


NOTE = "without a file or web address: most players skip them; --library DIR finds your files"


def test_a_note_counts_the_tracks_that_players_cannot_open(
    sample_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run_sgp("continue", "demo", *GIVEN, "-n", "5", "--format", "m3u8", "--experiments-dir", sample_root)
    assert f"5 of 5 tracks {NOTE}" in ran.err.splitlines()
    file, web = Entry("A", "B", location="b.mp3"), Entry("A", "B", uri="https://example.org/b")
    for entries, note in (
        ([file, web], ""),
        ([], ""),
        ([file, web, Entry("A", "B", uri="spotify:track:1"), Entry("A", "B")], f"2 of 4 tracks {NOTE}\n"),
        ([Entry("A", "B")], f"1 of 1 track {NOTE}\n"),
    ):
        _note_unplayable(entries, quiet=False)
        assert capsys.readouterr().err == note


def test_a_list_of_uris_says_which_tracks_it_lacks(trained: Path) -> None:
    ran = run_sgp("continue", "genres", "folk 1", "--format", "uris", "--experiments-dir", trained)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[-1] == ("error: no track of the answer has a uri: give another --format, such as plain")


@pytest.mark.parametrize("option", ["--library", "--files-from"])
def test_lines_of_json_name_no_files(sample_root: Path, tmp_path: Path, option: str) -> None:
    ran = run_sgp("continue", "demo", "--stdin", option, tmp_path, "--experiments-dir", sample_root, stdin="[]\n")
    expected = "error: --stdin writes one JSON object per line: leave out --files-from and --library\n"
    assert (ran.code, ran.out, ran.err) == (2, "", expected)


@pytest.mark.parametrize("name", ["q.txt", "q.m3u8"])
def test_the_tracks_that_are_written_are_counted(sample_root: Path, tmp_path: Path, name: str) -> None:
    command = ("continue", "demo", *GIVEN, "-n", "3", "--include-seeds", "-o", str(tmp_path / name))
    assert f"wrote 5 tracks to {tmp_path / name}\n" in run_sgp(*command, "--experiments-dir", sample_root).err
