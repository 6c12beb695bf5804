"""Guesses and questions for tables with the layouts of public data sets and of scripts; all values are invented."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.columns.examples import question
from skipgramophone.playlists.columns.guess import rows_of
from skipgramophone.playlists.readers.histories import seconds_since_1970
from skipgramophone.wording import COMMAND_LINE
from tests.playlists.guesses import asked, guess
from tests.playlists.readers.reading import read, reasons

WriteDump = Callable[..., Path]
NAME = "without a header that sgp knows"


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("timestamp,visitorid,event,itemid,transactionid\n1433221332117,7,view,35,\n1433221999827,7,view,36,\n"
         "1433221999999,8,transaction,36,12\n", "owner=visitorid,uri=itemid,time=timestamp"),
        ("event_time,product_id,user_id,user_session\n2019-10-01 00:00:00 UTC,4,5,a-1\n"
         "2019-10-01 00:00:09 UTC,6,5,a-1\n",
         "owner=user_id,uri=product_id,time=event_time,id=user_session"),
        ("session_id,session_position,track_id_clean\ns1,1,t_a\ns1,2,t_b\n",
         "uri=track_id_clean,id=session_id,position=session_position"),
        ("Date,Time,Transaction,Item\n2016-10-30,09:58:11,1,Bread\n2016-10-30,10:05:34,2,Jam\n",
         "uri=Item,time=Date,id=Transaction"),
        ("utc_time,artist,album,track\n\"24 Jan 2023, 09:42\",Ada,Sea,Rain\n\"24 Jan 2023, 09:11\",Nell,,Salt\n",
         "artist=artist,title=track,time=utc_time,album=album"),
        ("id,name,artists\n7aXb,Rain,Ada\n7aXc,Salt,Nell\n", "artist=artists,title=name"),
        ("Track,Name,Artist\n1,Rain,Ada\n2,Salt,Nell\n", "artist=Artist,title=Name"),
        ("visit,product,when,name\nv1,p1,2024-02-01T10:00:00,Green Lamp\nv1,p2,2024-02-01T10:01:00,Red Chair\n",
         "title=name,uri=product,time=when,id=visit"),
        ("Besuch;Produkt;Zeit\nv1;p1;2024-02-01T10:00:00\nv1;p2;2024-02-01T10:01:00\n",
         "uri=Produkt,time=Zeit,id=Besuch"),
        ("Bestellung;Produkt\n1;Grüne Lampe\n1;Roter Stuhl\n2;Grüne Lampe\n", "title=Produkt,id=Bestellung"),
        ("pedido,producto,descripcion\n1,A4,Silla\n1,B7,Mesa\n", "uri=producto,id=pedido"),
        ("id,song_id,listener_id,started_playing_at\n1,177,21,2015-07-14 13:10:00\n2,59,24,2015-07-14 20:20:12\n",
         "owner=listener_id,uri=song_id,time=started_playing_at"),
        ("name,artist,id\nRain,Ada,spotify:track:7aXb\nSalt,Nell,spotify:track:7aXc\n",
         "artist=artist,title=name,uri=id"),
        ("Track,Artist\nRain,Ada\n1979,Nell\n1984,Nell\n", "artist=Artist,title=Track"),
    ],
)  # fmt: skip
def test_columns_of_data_sets_are_guessed(text: str, columns: str) -> None:
    assert guess(text) == columns


def test_links_to_playlists_are_not_tracks() -> None:
    links = "name,uri,owner\nA,spotify:playlist:1,me\nB,spotify:user:me:playlist:2,me\nC,spotify:playlist:3,me\n"
    assert guess(links).startswith("a table of 3 columns whose links are not links to tracks: assign the columns")
    assert guess(links.replace("playlist", "track")) == "title=name,owner=owner,uri=uri"
    assert "uri=" not in asked(links, NAME)


def test_playlists_of_one_name_may_have_dates() -> None:
    text = "Playlist Date,Playlist Title,Artist,Song\n1 May,Live,Ada,Rain\n8 May,Live,Nell,Salt\n"
    assert guess(text) == (
        "a table of 4 columns in which 'Playlist Date' may distinguish playlists with the same name: assign the "
        "columns, for example --columns 'artist=Artist,title=Song,playlist=Playlist Title,id=Playlist Date'"
    )
    assert guess(text.replace("8 May", "1 May")) == "artist=Artist,title=Song,playlist=Playlist Title"


def test_charts_of_several_regions_may_be_separate() -> None:
    text = "Position,Track Name,Artist,Date,Region\n1,Rain,Ada,2017-01-01,ec\n1,Salt,Nell,2017-01-01,fr\n"
    assert guess(text) == (
        "a table of 5 columns in which 'Region' may distinguish charts: assign the columns, for example "
        "--columns 'artist=Artist,title=Track Name,owner=Region,time=Date'"
    )
    assert guess(text.replace("fr", "ec")) == "artist=Artist,title=Track Name,time=Date"


def test_an_id_whose_values_repeat_may_name_the_playlist() -> None:
    assert "'id' may name the playlist" in guess("id,name,artists\n7a,Rain,Ada\n7a,Salt,Nell\n")


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("User-ID;ISBN;Book-Rating\n276725;034545104X;0\n276726;0155061224;5\n", "owner=User-ID,uri=ISBN"),
        ("userID\tartistID\tweight\n2\t51\t13883\n2\t52\t11690\n", "owner=userID,uri=artistID"),
        ("A2CX7LUOHB2,0321732944,5.0,1341100800\nA2NWSAGRHC8,0439886341,1.0,1367193600\n",
         "owner=1,uri=2,time=4 --session-gap none"),
        ('151603712,"The Sea Game",play,273.0,0\n151603712,"Salt 4",play,87.0,0\n', "owner=1,title=2"),
        ("user_1\t2009-05-04T23:08:57Z\tf1b1\tAda Fenn\t\tRain Song\n"
         "user_1\t2009-05-04T13:54:10Z\ta7f7\tNell Q\t\tSalt Sea\n",
         "owner=1,time=2,artist=4,title=6"),
        ("Member_number,Date,itemDescription\n1808,21-07-2015,tropical fruit\n2552,05-01-2015,whole milk\n",
         "owner=Member_number,time=Date,title=itemDescription --session-gap none"),
        ("SONG RAW,Song Clean,ARTIST RAW,CALLSIGN,TIME\nRAIN SONG,Rain Song,ADA F,KGLK,1402943314\n",
         "'title=SONG RAW,artist=ARTIST RAW,playlist=CALLSIGN'"),
        ("title,flag,block,author_main\nRain sea,must,one,Ada F\nSalt sea,must,two,Nell Q\n",
         "title=title,playlist=block,artist=author_main"),
        ("Utwor;Autorzy;Data emisji\nRain sea;Ada F;2024-03-01 10:00:00\nSalt sea;Nell Q;2024-03-01 10:04:00\n",
         "title=Utwor,artist=Autorzy"),
        ("id;title;bpm;mp3\n1;Rain sea;80;a.mp3\n2;Salt sea;90;b.mp3\n", "title=title"),
        ("Date,Name,playlist.url,isrc,\n2024-01-01,Rain sea,https://a,,x\n2024-01-02,Salt sea,https://a,,y\n",
         "time=Date,title=Name"),
        ("Everlong,Ada Fenn,250546\nHotel Rain,Nell Q,391376\n", "artist=1,title=2"),
        ("Book Id,Title,Author\n7,Rain sea,Ada F\n8,Salt sea,Nell Q\n",
         "'uri=Book Id,title=Title,artist=Author'"),
        ("Artist,Title,Title\nAda,Rain sea,Sea\nNell,Salt sea,Sea\n", "artist=1,title=2"),
    ],
)  # fmt: skip
def test_the_example_of_a_question_is_plausible(text: str, columns: str) -> None:
    assert asked(text, NAME).endswith(f"for example --columns {columns}")


@pytest.mark.parametrize(
    "text",
    [
        "genre,playlist_id\npop,6gS3HhOi\nrap,6s5MoZzR\n",
        "playlist_id,playlist_name,source,song_count,created_at\nm1,Evening,manual,5,2026-06-05T12:58:27Z\n",
    ],
)
def test_a_table_of_playlists_without_tracks_is_not_given_an_example(text: str) -> None:
    rows = rows_of(text.splitlines())
    names = ", ".join(rows[0])
    assert question(rows, NAME)(COMMAND_LINE) == (
        f"a table of {len(rows[0])} columns {NAME}, and none of the columns {names} seems to contain tracks: "
        "if one of them contains the titles, assign it with --columns title=…"
    )


def test_lists_of_artists_that_scripts_write_are_read_as_names(write_dump: WriteDump) -> None:
    text = (
        'artists,track_name\n"[\'Ada Fenn\', ""Nell\'s""]",Rain\n[\'Nell Quay\'],Salt\n[],Tide\n'
        '"[""The Hatches""]",Door\n[Lanyards],Home\n"[\'a\', 1]",Odd\n[\'broken,Lamp\n'
    )
    rows, rejects = read(write_dump(text, "frame.csv"), "columns")
    assert [row[1:3] for row in rows] == [
        ("Ada Fenn, Nell's", "Rain"), ("Nell Quay", "Salt"), ("", "Tide"), ("The Hatches", "Door"),
        ("[Lanyards]", "Home"), ("['a', 1]", "Odd"), ("['broken", "Lamp"),
    ]  # fmt: skip
    assert reasons(rejects) == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20 Nov 2020 09:35", 1605864900),
        ("20 Nov 2020, 09:35", 1605864900),
        ("20 Nov 2020 09:35:10", 1605864910),
        ("Fri, 20 Nov 2020 09:35:10 GMT", 1605864910),
        ("Fri Nov 20 09:35:10 +0000 2020", 1605864910),
        ("Fri Nov 20 09:35:10 2020", 1605864910),
        ("20 Nov 2020 11:35:10 +0200", 1605864910),
        ("20 Nov 2020 06:05:10 -0330", 1605864910),
        ("2020-11-20 09:35:10 UTC", 1605864910),
        ("2020-11-20 11:35:10 +0200 UTC", 1605864910),
        ("2020-11-20T09:35:10", 1605864910),
        ("31 Nov 2020 09:35", None),
        ("20 Foo 2020 09:35", None),
        ("11/20/2020 09:35", None),
        ("UTC", None),
        ("20 Nov 2020", 1605830400),
    ],
)
def test_times_that_are_the_same_in_every_country_are_read(text: str, seconds: float | None) -> None:
    assert seconds_since_1970(text) == seconds


def test_a_large_table_may_have_times_with_utc(write_dump: WriteDump) -> None:
    rows = "".join(f"2020-11-20 09:{minute:02}:10 UTC,Ada,Song {minute}\n" for minute in (35, 5, 50))
    found, rejects = read(write_dump(f"time,artist,title\n{rows}", "plays.csv"), "columns")
    assert [(playlist, title) for playlist, _, title, _ in found] == [
        ("2020-11-20 09:05", "Song 5"), ("2020-11-20 09:05", "Song 35"), ("2020-11-20 09:05", "Song 50"),
    ]  # fmt: skip
    assert rejects == []
