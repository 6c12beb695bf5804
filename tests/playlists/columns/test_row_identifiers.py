"""Columns of links or ids that identify plays and not tracks."""

from __future__ import annotations

import pytest

from skipgramophone.playlists.columns.guess import ColumnGuess, guess_columns, rows_of
from skipgramophone.playlists.columns.row_identifiers import identifies_rows
from tests.playlists.guesses import guess

SONGS = ("Rain", "Salt", "Rain", "Tide", "Rain", "Salt")  # three rows repeat a song
ROLES = {"uri": "link", "artist": "artist", "title": "title"}


def table(links: list[str], songs: tuple[str, ...] = SONGS) -> list[list[str]]:
    """Return a table of plays with links."""
    rows = [f"{link},Ada,{song},2024-03-09 20:0{at}" for at, (link, song) in enumerate(zip(links, songs, strict=True))]
    return rows_of(["link,artist,title,date", *rows])


@pytest.mark.parametrize("link", ["https://radio.example/log/{}", "{}"])
def test_links_that_differ_in_each_row_do_not_identify_repeated_songs(link: str) -> None:
    found = guess_columns(table([link.format(9000 + at) for at in range(6)]))
    assert isinstance(found, ColumnGuess)
    assert (found.text, found.unused) == ("artist=artist,title=title,time=date", ["link"])


def test_links_that_repeat_with_the_songs_identify_tracks() -> None:
    found = guess_columns(table([f"https://radio.example/{song}" for song in SONGS]))
    assert isinstance(found, ColumnGuess)
    assert found.roles["uri"] == "link"


@pytest.mark.parametrize(
    ("links", "songs"),
    [
        ([f"x{at}" for at in range(6)], ("Rain", "Salt", "Tide", "Home", "Door", "Rain")),  # two recordings of a song
        ([f"https://open.spotify.com/track/{at}" for at in range(6)], SONGS),
        (["x0", "", "", "", "", ""], SONGS),
    ],
)
def test_other_links_may_identify_tracks(links: list[str], songs: tuple[str, ...]) -> None:
    assert not identifies_rows(table(links, songs), ROLES)


def test_links_to_plays_are_not_used() -> None:
    links = [f"https://radio.example/v2/plays/{at}/" for at in range(6)]
    found = guess_columns(table(links, ("Rain", "Salt", "Tide", "Home", "Door", "Sea")))
    assert isinstance(found, ColumnGuess)
    assert "uri" not in found.roles


def test_ids_of_tracks_are_used_instead_of_links_to_plays() -> None:
    plays = [(f"https://radio.example/plays/{play}/", song % 3, f"t{song % 3}") for play, song in enumerate(range(12))]
    rows = [f"{link},Ada,Song {song},{track},2024-03-09 {10 + at}:00" for at, (link, song, track) in enumerate(plays)]
    found = guess("\n".join(["uri,artist,song,track_id,airdate", *rows]))
    assert found == "artist=artist,title=song,uri=track_id,time=airdate"
    numbered = [row.replace("/plays/", "/").replace("https://radio.example/", "p") for row in rows]
    assert guess("\n".join(["uri,artist,song,track_id,airdate", *numbered])) == found


def test_ids_of_tracks_are_not_suggested_as_playlists() -> None:
    rows = [f"Ada,Song {at % 3},r{at % 3},s{at // 4}" for at in range(12)]
    found = guess("\n".join(["artist,title,recording_id,show", *rows]))
    assert "in which 'show' may name the playlist" in found
