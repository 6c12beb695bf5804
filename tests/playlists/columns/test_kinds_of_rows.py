"""Rows that are saved albums, films or podcasts according to a column such as "Type", and columns with equal names."""

from __future__ import annotations

import pytest

from tests.playlists.guesses import guess


@pytest.mark.parametrize(
    ("name", "track", "other"),
    [
        ("Type", "Playlist", "Album"),
        ("media_type", "track", "movie"),
        ("Typ", "Titel", "Künstler"),
        ("item type", "song", "Podcast"),
    ],
)
def test_rows_that_are_no_tracks_are_asked_about(name: str, track: str, other: str) -> None:
    rows = [f"Evening,Ada,Rain,{track}", f"Evening,Nell,Salt,{track}", f"Saved,Ada,Gold,{other}"]
    found = guess("\n".join([f"Playlist,Artist,Title,{name}", *rows]))
    assert found == (
        f"a table of 4 columns in which rows with {other!r} in {name!r} seem not to be tracks: remove them; "
        "to keep them: assign the columns, for example --columns artist=Artist,title=Title,playlist=Playlist"
    )


@pytest.mark.parametrize("kinds", [("Movie", "TV Series"), ("Album", "Album"), ("track", "track"), ("LP", "Single")])
def test_other_kinds_are_not_asked_about(kinds: tuple[str, str]) -> None:
    table = "\n".join(["user,Artist,Title,Type", f"ana,Ada,Rain,{kinds[0]}", f"ana,Nell,Salt,{kinds[1]}"])
    assert guess(table) == "artist=Artist,title=Title,owner=user"


SONGS = [("Evening", "Rain"), ("Evening", "Salt"), ("Morning", "Tide"), ("Morning", "Rain"), ("Morning", "Home")]


@pytest.mark.parametrize("end", [".1", "_1", ":1", "_duplicated_0", " (2)"])
def test_columns_with_equal_names_are_asked_about(end: str) -> None:
    rows = [f"{playlist},{title},Ada" for playlist, title in SONGS]
    found = guess("\n".join([f"name,name{end},artist", *rows]))
    assert f"in which 'name' and 'name{end}' could be the title" in found
    assert found.rstrip("'").endswith(f"artist=artist,title=name{end},playlist=name")


def test_an_equal_or_empty_column_is_not_asked_about() -> None:
    assert guess("title,title.1,artist\nRain,Rain,Ada\nSalt,Salt,Nell\n") == "artist=artist,title=title"
    assert guess("title,title.1,artist\nRain,,Ada\nSalt,,Nell\n") == "artist=artist,title=title"
