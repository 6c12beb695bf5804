"""Links as query tracks of the commands, on a catalogue with Spotify uris."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Ran, run_sgp

IDS = [f"{at}abcdefghijklmnopqrstu" for at in range(6)]
LINKS = [f"https://open.spotify.com/intl-de/track/{key}?si=1" for key in IDS]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment with six imported vectors."""
    directory = tmp_path_factory.mktemp("links")
    vectors = np.random.default_rng(1).normal(size=(len(IDS), 4)).astype(np.float32)
    names = {"artist": ["Artist"] * len(IDS), "title": [f"Song {at}" for at in range(len(IDS))]}
    np.savez(directory / "v.npz", vectors=vectors, uri=[f"spotify:track:{key}" for key in IDS], **names)  # type: ignore[arg-type]
    ran = run_sgp("import", "linked", directory / "v.npz", "-q", "--experiments-dir", directory)
    assert (ran.code, ran.err) == (0, "")
    return directory


def seeds(ran: Ran) -> list[str]:
    """The titles of the query tracks."""
    assert ran.code == 0, ran.err
    return [seed["title"] for seed in json.loads(ran.out.splitlines()[0] if "\n{" in ran.out else ran.out)["seeds"]]


def test_links_are_understood_wherever_a_track_is_named(root: Path, tmp_path: Path) -> None:
    at = ("--experiments-dir", root)
    assert seeds(run_sgp("similar", "linked", LINKS[2], "--json", *at)) == ["Song 2"]
    assert seeds(run_sgp("similar", "linked", "--like", LINKS[3] + "^0.5", "--json", *at)) == ["Song 3"]
    assert seeds(run_sgp("similar", "linked", "-", *at, stdin=LINKS[4])) == ["Song 4"]
    by_list = ("continue", "linked", "--by", "cosine")
    assert seeds(run_sgp(*by_list, "--stdin", *at, stdin=json.dumps(LINKS[:2]))) == ["Song 0", "Song 1"]
    assert seeds(run_sgp(*by_list, "-", "--json", *at, stdin="\n".join(LINKS[:2]))) == ["Song 0", "Song 1"]
    m3u8 = f"#EXTM3U\n{LINKS[1]}\n#EXTINF:9,Artist - Song 5\n{LINKS[0]}\n"
    for name, text, wanted in (
        ("links.txt", "\n".join(LINKS[:2]), ["Song 0", "Song 1"]),
        ("links.m3u8", m3u8, ["Song 1", "Song 5"]),  # a name comes before a link
    ):
        (tmp_path / name).write_text(text)
        assert seeds(run_sgp(*by_list, "--file", tmp_path / name, "--json", *at)) == wanted, name
    unknown = run_sgp("similar", "linked", "https://open.spotify.com/track/x", *at)
    assert (unknown.code, unknown.out) == (3, "")
    assert unknown.err == "error: no track has the Spotify id 'x': give artist and title instead\n"


def test_a_corpus_without_uris_says_so_once(root: Path, tmp_path: Path) -> None:
    names = {"artist": np.array(["Artist"] * 3), "title": np.array([f"Song {at}" for at in range(3)])}
    np.savez(tmp_path / "v.npz", vectors=np.eye(3, 4, dtype=np.float32), **names)  # type: ignore[arg-type]
    at = ("--experiments-dir", tmp_path)
    assert run_sgp("import", "plain", tmp_path / "v.npz", "-q", *at).code == 0
    why = "the sources of this corpus contain no uris, so links and uris match no track: give artist and title instead"
    album = "https://open.spotify.com/album/7dkCeTuLJWl5O6yHRnE5c2"
    for query in (
        LINKS[0],
        f"spotify:track:{IDS[0]}",
        "https://youtu.be/abcdefghijk",
        album,
        "HTTPS://example.org/song",
    ):
        ran = run_sgp("similar", "plain", query, *at)
        assert (ran.code, ran.out, ran.err) == (3, "", f"error: {why}\n"), query
    (tmp_path / "links.txt").write_text("\n".join([*LINKS, "Song 2"]))
    ran = run_sgp("similar", "plain", "--file", tmp_path / "links.txt", "-n", "1", *at)
    assert ran.code == 0
    assert ran.err.splitlines() == [f"left out {len(LINKS)} names: {why}"]
    elsewhere = run_sgp("similar", "linked", "https://youtu.be/abcdefghijk", "--experiments-dir", root)
    assert elsewhere.err == "error: no track has the YouTube id 'abcdefghijk': give artist and title instead\n"
