"""Tables with several tracks per row: sgp suggests neither a list nor the first of several columns as a track."""

from __future__ import annotations

import pytest

from skipgramophone.playlists.columns.guess import rows_of
from skipgramophone.playlists.columns.several_items import columns_of_lists, several_items
from tests.playlists import guesses

PROBLEM = "in which sgp does not recognize the columns of the track"


def asked(text: str) -> str:
    """Return the question about a table."""
    return guesses.asked(text, PROBLEM)


@pytest.mark.parametrize(
    "text",
    [
        "id,name,songs\n1,Abend,\"['Home', 'Salt']\"\n2,Morgen,['Rain']\n",
        'id,name,songs\n1,Abend,"[{""title"": ""Home""}]"\n2,Morgen,[]\n',
        'id,name,songs\n1,Abend,"Home, Salt"\n2,Morgen,"Rain, Home"\n3,Mittag,"Salt, Rain, Tea"\n',
        "id,name,songs\n1,Abend,Home|Salt\n2,Morgen,Rain|Home\n3,Mittag,Salt|Rain\n",
    ],
)
def test_lists_are_not_read_as_tracks(text: str) -> None:
    assert asked(text) == (
        "a table of 3 columns in which each 'songs' seems to be a list: write one row per item of these lists, next to "
        "its playlist"
    )


@pytest.mark.parametrize(
    "text",
    [
        "id,name,songs\n1,Abend,Home\n2,Morgen,Rain\n",
        'id,name,song\n1,Abend,"Home, Sweet Home"\n2,Morgen,Rain\n3,Mittag,Salt\n',
        'id,song,artists\n1,Home,"Ada, Nell"\n2,Rain,"Ada, Quay"\n3,Salt,"Nell, Quay"\n',
        'id,song,price\n1,Home,"1,200"\n2,Rain,"1,300"\n3,Salt,"1,200"\n',
    ],
)
def test_commas_in_titles_artists_and_numbers_are_no_lists(text: str) -> None:
    assert columns_of_lists(rows_of(text.splitlines())) == []


def test_other_lists_are_no_part_of_the_example() -> None:
    text = "what,song,made by\n['a'],Home,Ada Fenn\n['b'],Salt,Nell Quay\n"
    assert asked(text).endswith("--columns 'title=song,artist=made by'")


def test_columns_with_one_track_each_are_named() -> None:
    assert "in which 'track1' to 'track3' seem to contain one track each" in asked(
        "name,track1,track2,track3\nA,x,y,z\n"
    )
    cells = "Abend,Morgen\nAda Fenn - Home,Nell Quay - Salt\nQuay - Rain,Ada Fenn - Tea\n"
    assert "in which 'Abend' and 'Morgen' seem to contain one track each" in asked(cells)
    assert several_items(rows_of(["artist1,artist2,track", "Ada,Nell,Home"])) is None


def test_artist_and_title_in_one_column() -> None:
    assert asked("Time,Song\n10:00,Ada Fenn - Home\n10:04,Nell Quay - Salt\n").endswith("--columns name=Song")


def test_a_text_is_the_artist_only_if_it_may_be() -> None:
    assert asked("id;title;bpm;form\n1;Home;80;piano\n2;Salt;90;piano\n3;Rain;90;piano\n").endswith(
        "--columns title=title"
    )
    survey = "Timestamp,What is your name?,Your favourite song,Artist of the song\n"
    rows = "".join(
        f"3/1/2024 10:0{n},{name},Song {name},Artist {name}\n" for n, name in enumerate(("Ann", "Ben", "Cy", "Di"))
    )
    assert asked(f"{survey}{rows}").endswith("--columns 'title=Your favourite song,artist=Artist of the song'")


def test_countries_of_charts_are_suggested() -> None:
    rows = "".join(
        f"{country},{song},{n}\n" for country in ("Chile", "Peru") for n, song in enumerate(("Home x", "Rain y"))
    )
    assert asked(f"country,track name,popularity\n{rows}").endswith("--columns 'owner=country,title=track name'")


def test_categories_counts_and_numbers_of_playlists_are_not_suggested() -> None:
    assert "seems to contain tracks: if one of them contains the titles" in asked(
        "PLAYLIST_NO,PLAYLIST_NAME,SONG_TAG\n0,Sea,rest\n1,Rain,rest\n"
    )
    assert asked("Name,播放数,链接\nHome,3000万,http://a/1\nSalt,1069万,http://a/2\n").endswith("--columns title=Name")


def test_a_column_of_hashes_that_repeat_is_the_owner() -> None:
    ann, ben = "FGtllVqz18RPiwJj/edr2gV78zirAiY/9SmYvia+kCg=", "Xumu+NIjS6QYVxDS4/t3SawvJ7viT9hPKXmf0RtLNx8="
    text = f"msno,song_id,days\n{ann},s1,3\n{ann},s2,1\n{ben},s1,2\n"
    assert asked(text).endswith("--columns owner=msno,uri=song_id")


def test_numbers_may_be_in_the_middle_of_the_names_of_columns() -> None:
    header = "Order ID,Item #1 Name,Item #1 Qty,Item #2 Name,Item #2 Qty"
    found = several_items(rows_of([header, "7,Blue mug,1,Red mug,2", "8,Red mug,1,Tea,1"]))
    assert found == (
        "in which 'Item #1 Name' and 'Item #2 Name' seem to contain one track each: write one row per track, next to "
        "its playlist"
    )


def test_lists_of_playlists_in_a_cell_are_asked_about() -> None:
    lists = ["Evening; Road", "Evening", "Road;Gym", "Gym", "Gym"]
    rows = [f"Ada,Song {at},{playlists}" for at, playlists in enumerate(lists)]
    found = guesses.guess("\n".join(["artist,title,playlists", *rows]))
    assert "'playlists' seems to list the playlists of a track: write one row per track and playlist" in found
    names = ["Sun & Sea; 2024", "Evening", "Sun & Sea; 2024", "Rain|Snow", "Evening"]
    plain = [f"Ada,Song {at},{name}" for at, name in enumerate(names)]
    assert guesses.guess("\n".join(["artist,title,playlist", *plain])) == "artist=artist,title=title,playlist=playlist"


def test_lists_of_names_in_a_cell_are_named() -> None:
    rows = ["ana;Ada - Rain, Nell - Salt", "bo;Quay - Home, Ada - Tide, Mira - Sea", "cleo;Nell - Door"]
    found = asked("\n".join(["user;tracks", *rows]))
    assert "in which each 'tracks' seems to be a list" in found
