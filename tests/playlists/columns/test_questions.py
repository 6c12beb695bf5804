"""Guessed columns of hand-made tables: `extract` asks if a column without a role may have the artists or playlists."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

import skipgramophone
from skipgramophone.errors import SourceError
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.guesses import asked, guess
from tests.playlists.readers.reading import error_of

WriteDump = Callable[..., Path]


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("Playlist;Interpreten;Name", "artist=Interpreten,title=Name,playlist=Playlist"),
        ("Playlistname;Band;Song", "artist=Band,title=Song,playlist=Playlistname"),
        ("Liste;Künstler:innen;Songtitel", "artist=Künstler:innen,title=Songtitel,playlist=Liste"),
        ("Ordner;Gruppe;Titel", "artist=Gruppe,title=Titel,playlist=Ordner"),
        ("Dossier;Interprète(s);Titre", "artist=Interprète(s),title=Titre,playlist=Dossier"),
        ("Liste;Groupe;Chanson", "artist=Groupe,title=Chanson,playlist=Liste"),
        ("Lista;Cantante;Canción", "artist=Cantante,title=Canción,playlist=Lista"),
        ("Lista;Intérprete(s);Título", "artist=Intérprete(s),title=Título,playlist=Lista"),
        ("Raccolta;Gruppo;Brano", "artist=Gruppo,title=Brano,playlist=Raccolta"),
        ("Spellista;Artist;Låt", "artist=Artist,title=Låt,playlist=Spellista"),
        ("Afspeellijst;Artiest;Titel", "artist=Artiest,title=Titel,playlist=Afspeellijst"),
        ("Spilleliste;Kunstner;Sangtitel", "artist=Kunstner,title=Sangtitel,playlist=Spilleliste"),
        ("Soittolista;Esittäjä;Kappale", "artist=Esittäjä,title=Kappale,playlist=Soittolista"),
        ("Lista odtwarzania;Wykonawca;Utwór", "artist=Wykonawca,title=Utwór,playlist=Lista odtwarzania"),
        ("Playlist;Interpret;Název", "artist=Interpret,title=Název,playlist=Playlist"),
        ("Çalma Listesi;Sanatçı;Şarkı", "artist=Sanatçı,title=Şarkı,playlist=Çalma Listesi"),
        ("Lejátszási lista;Előadó;Dalcím", "artist=Előadó,title=Dalcím,playlist=Lejátszási lista"),
        ("Плейлист;Виконавець;Назва", "artist=Виконавець,title=Назва,playlist=Плейлист"),
    ],
)
def test_usual_names_of_other_languages_are_recognized(header: str, columns: str) -> None:
    assert guess(f"{header}\nAbend;Lanyards;Home\nAbend;Nell Quay;Home\n") == columns


def test_names_with_other_meanings_count_only_next_to_titles() -> None:
    assert guess("Künstler;Band;Titel\nLanyards;Sea;Home\nNell Quay;Tide;Salt\n") == "artist=Künstler,title=Titel"
    assert guess("Name;Gruppe\nAda;1b\nBen;1c\n").startswith("a table of 2 columns in which sgp does not recognize")
    assert "does not recognize the columns of the track and of its artist" in guess("Titel;Band\nHome;1\nSalt;2\n")


@pytest.mark.parametrize(
    "rows", ["Abend;Lanyards;Home\nAbend;Nell Quay;Home\n", "Abend;50 Cent;Home\nAbend;Seeed;Salt\n"]
)
def test_a_column_of_text_that_may_be_the_artist_is_asked_about(rows: str) -> None:
    assert guess(f"Playlist;Mitwirkende;Titel\n{rows}") == (
        "a table of 3 columns in which 'Mitwirkende' may name the artist: assign the columns, for example "
        "--columns artist=Mitwirkende,title=Titel,playlist=Playlist"
    )


def test_a_composer_may_be_the_artist_but_a_file_or_an_id_may_not() -> None:
    for name, is_asked in (("Composer", True), ("Filename", False), ("Id", False), ("Description", False)):
        found = guess(f"Playlist;{name};Titel\nAbend;Lanyards;Home\nAbend;Nell Quay;Salt\n")
        assert ("may name the artist" in found) == is_asked, found


@pytest.mark.parametrize(
    "text",
    [
        "Playlist;Titel\nAbend;Home\nAbend;Salt\n",
        "Playlist;Titel;Kommentar\nAbend;Home;good\nAbend;Salt;too long\n",
        "Playlist;Titel;Genre\nAbend;Home;Pop\nAbend;Salt;Rock\n",
        "Playlist;Titel;Nr\nAbend;Home;41\nAbend;Salt;7\n",
        "Playlist;Titel;Gekauft\nAbend;Home;01.02.2024\nAbend;Salt;03.02.2024\n",
        "Playlist;Titel;Ablage\nAbend;Home;Box\nAbend;Salt;Box\nAbend;Tide;Box\n",  # the same value for all titles
    ],
)
def test_titles_alone_are_read_if_no_other_column_may_be_the_artist(text: str) -> None:
    assert guess(text) == "title=Titel,playlist=Playlist"


ROWS = [("Evening", "Lanyards", "Home"), ("Evening", "Nell Quay", "Salt"), *[("Morning", "Lanyards", "Tide")] * 3]


def table(header: str, rows: list[tuple[str, str, str]]) -> str:
    """Return a table with semicolons."""
    return "\n".join([header, *map(";".join, rows)])


def test_a_column_whose_values_repeat_like_playlists_is_asked_about() -> None:
    asked = guess(table("Anlass;Artiste;Chanson", ROWS))
    assert asked == (
        "a table of 3 columns in which 'Anlass' may name the playlist: assign the columns, for example "
        "--columns artist=Artiste,title=Chanson,playlist=Anlass"
    )


@pytest.mark.parametrize(
    "name", ["Genre", "Label", "Album", "Year", "Comment", "Key", "Added by", "Stimmung", "Sprache"]
)
def test_columns_that_describe_tracks_are_not_asked_about(name: str) -> None:
    assert guess(table(f"{name};Artiste;Chanson", ROWS)).startswith("artist=Artiste,title=Chanson")


def test_other_values_do_not_separate_playlists() -> None:
    for values in (("a",) * 5, ("a", "b", "c", "d", "a"), ("1", "1", "2", "2", "2"), ("yes", "no", "yes", "no", "no")):
        rows = [(value, *row[1:]) for value, row in zip(values, ROWS, strict=True)]
        assert guess(table("Anlass;Artiste;Chanson", rows)) == "artist=Artiste,title=Chanson", values


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("Rubrik;Künstler;Werk;Hinzugefügt am", "playlist=Rubrik,artist=Künstler,title=Werk"),
        ("Rubrik;Mitwirkende;Songtitel;Hinzugefügt am", "playlist=Rubrik,artist=Mitwirkende,title=Songtitel"),
    ],
)
def test_the_columns_of_a_header_with_one_usual_name_are_assigned_by_name(header: str, columns: str) -> None:
    rows = "Abend;Lanyards;Home;{0}\nAbend;Nell Quay;Salt;{0}\nAbend;Nell Quay;Tide;{0}\n"
    maybe = " (by number if the first line is not a header)"
    for value, unsure in (("gestern", maybe), ("01.02.2024", ""), ("1/2/2024", ""), ("17", "")):
        shown = asked(f"{header}\n{rows.format(value)}", "without a header that sgp knows")
        assert shown == (
            f"a table of 4 columns without a header that sgp knows: assign the columns{unsure}, for example --columns "
            f"{shlex.quote(columns)}"
        )


def test_a_first_line_with_values_that_occur_below_is_no_header() -> None:
    rows = "Abend;Song;Home\nAbend;Nell Quay;Salt\nAbend;Nell Quay;Tide\n"
    assert "assign the columns by number" in asked(rows, "without a header that sgp knows")


def test_a_first_line_without_usual_names_is_not_dropped(write_dump: WriteDump) -> None:
    text = "Lanyards\tHome\nNell Quay\tSalt\nThe Hatches\tTide\n"
    assert asked(text, "without a header that sgp knows").endswith(
        "assign the columns by number (by name if the first line is a header), for example --columns artist=1,title=2"
    )
    (reader,) = open_sources([write_dump(text)], ExtractSettings(columns="artist=1,title=2")).readers
    assert [row["title"] for block in reader.blocks() for row in block.table.to_pylist()] == ["Home", "Salt", "Tide"]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        (
            '"Ada","Rain","Door","2024-03-09 20:00:00","Ada",""\n"Nell","Salt","Sea","2024-03-09 20:05:00","Nell",""\n'
            '"Quay","Tide","Tide","2024-03-09 20:10:00","Quay","261"\n',
            "artist=1,title=2,album=3,time=4",
        ),
        (
            "Evening;Ada;Rain\nEvening;Nell Quay;Salt\nEvening;Quay;Tide\nMorning;Ada;Home\n",
            "playlist=1,artist=2,title=3",
        ),
    ],
)
def test_usual_orders_of_columns_without_a_header_are_suggested(text: str, columns: str, write_dump: WriteDump) -> None:
    assert error_of(write_dump(text)).endswith(f"assign the columns by number, for example --columns {columns}")
    (reader,) = open_sources([write_dump(text)], ExtractSettings(columns=columns)).readers
    artists = [row["artist"] for block in reader.blocks() for row in block.table.to_pylist()]
    assert artists[0] == "Ada"
    assert len(set(artists)) == 3


def test_values_that_occur_twice_in_the_first_row_are_no_names_of_columns(write_dump: WriteDump) -> None:
    message = error_of(write_dump("1,Ada Fenn,Rain,1\n2,Nell Quay,Salt,1\n"))
    assert message.endswith("assign the columns by number, for example --columns owner=1,title=2")


@pytest.mark.parametrize("quote", ["", '"'])  # a plain first line, and one that is read record by record
def test_a_header_is_rejected_if_columns_are_assigned_by_number(write_dump: WriteDump, quote: str) -> None:
    rows = "Abend;Lanyards;Home\nAbend;Nell Quay;Salt\n"
    path = write_dump(f"Rubrik{quote};Künstler;Werk\n{rows}")
    (reader,) = open_sources([path], ExtractSettings(columns="playlist=1,artist=2,title=3")).readers
    blocks = list(reader.blocks())
    assert [row["title"] for block in blocks for row in block.table.to_pylist()] == ["Home", "Salt"]
    (reject,) = [reject for block in blocks for reject in block.rejects]
    assert (reject.line, reject.reason) == (1, "the header of the table, whose columns are assigned by number")
    assert reject.text == f"Rubrik{quote};Künstler;Werk"
    (reader,) = open_sources([write_dump(rows)], ExtractSettings(columns="playlist=1,artist=2,title=3")).readers
    assert sum(block.used for block in reader.blocks()) == 2


def test_a_time_in_another_notation_is_quoted_with_the_notations_that_are_read(
    write_dump: WriteDump, tmp_path: Path
) -> None:
    path = write_dump("Künstler;Titel;Hinzugefügt am\nLanyards;Home;1 Feb\nSeeed;Ding;2 Feb\n")
    settings = ExtractSettings(columns="artist=Künstler,title=Titel,time=Hinzugefügt am")
    with pytest.raises(SourceError) as raised:
        skipgramophone.extract("x", path, settings, experiments_dir=tmp_path / "experiments")
    assert str(raised.value) == (
        "dump.csv: no row could be used; line 2: no valid timestamp (ISO 8601, such as 2024-02-01T10:00:00, or seconds "
        "since 1970): 'Lanyards;Home;1 Feb'"
    )


def test_merged_cells_are_asked_about(write_dump: WriteDump) -> None:
    text = "Playlist,Artist,Title\nEvening,Ada,Rain\n,Nell,Salt\n,Ada,Tide\nMorning,Quay,Home\n,Nell,Door\n"
    assert guess(text) == (
        "a table of 3 columns in which 'Playlist' is empty in many rows: write the value above into the empty "
        "cells if their rows belong to it, or remove these rows, or leave this column out: assign the columns, for "
        "example --columns artist=Artist,title=Title"
    )
    filled = "Playlist,Artist,Title\nEvening,Ada,Rain\nEvening,Nell,Salt\n,Ada,Tide\n"  # a row without a playlist
    assert guess(filled) == "artist=Artist,title=Title,playlist=Playlist"
    alone = "Playlist,Artist,Title\nEvening,Ada,Rain\nMorning,Nell,Salt\n"
    assert guess(alone) == "artist=Artist,title=Title,playlist=Playlist"


MERGED = (
    "is empty in many rows: write the value above into the empty cells if their rows belong to it, or remove these rows"
)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        # Some orders have only one line.
        ("order_id,product_id,quantity\n1000,milk,1\n,bread,1\n1001,tea,1\n1002,soap,1\n,milk,1\n", "order_id"),
        # Most cells are empty, and the customers come again.
        ("order_id,date,customer_id,product_id\n1000,2014-04-07,u0,P004\n,,,P005\n,,,P006\n1001,2014-04-08,u0,P1\n"
         ",,,P004\n,,,P007\n", "order_id"),
        ("order_id,product_id\n1,a\n1,b\n,c\n2,a\n,d\n3,b\n3,c\n", "order_id"),
        ("Artist,Song\nABBA,Waterloo\n,Dancing Queen\n,SOS\nQueen,Jazz\n,Radio Ga Ga\n", "Artist"),
    ],
)  # fmt: skip
def test_cells_that_belong_to_the_value_above_are_asked_about(text: str, column: str) -> None:
    assert guess(text) == f"a table of {text.splitlines()[0].count(',') + 1} columns in which {column!r} {MERGED}"


def test_a_few_missing_values_are_not_merged_cells() -> None:
    header = "order_id,product_id\n"
    within = "".join(f"{'' if row in (7, 40) else row // 3},p{row}\n" for row in range(60))
    assert guess(header + within) == "uri=product_id,id=order_id"
    ends = "".join(f"{'' if row in (8, 41) else row // 3},p{row}\n" for row in range(60))
    assert guess(header + ends) == "uri=product_id,id=order_id"
    artists = "Artist,Song\nABBA,Waterloo\n,Take Five\nQueen,Jazz\nSeeed,Ding\n"
    assert guess(artists) == "artist=Artist,title=Song"


@pytest.mark.parametrize(("rank", "year"), [("positie", "jaar"), ("Platz", "Jahr"), ("rank", "year"), ("pos", "no")])
def test_charts_of_several_years_are_asked_about(rank: str, year: str, write_dump: WriteDump) -> None:
    header = f"{year},{rank},artist,title,released"
    songs = [("Ada", "Rain", 1975), ("Nell", "Salt", 1974), ("Quay", "Tide", 1975)]
    rows = [f"{at},{3 - (at + place) % 3},{artist},{title},{released}" for place, (artist, title, released) in
            enumerate(songs) for at in (1999, 2000)]  # fmt: skip
    text = "\n".join([header, *rows]) + "\n"
    columns = f"artist=artist,title=title,playlist={year},position={rank}"
    assert guess(text) == (
        f"a table of 5 columns in which values of {rank!r} occur several times, so {year!r} may distinguish charts: "
        f"assign the columns, for example --columns {columns}"
    )
    (reader,) = open_sources([write_dump(text)], ExtractSettings(columns=columns)).readers
    found: dict[str, list[str]] = {}
    for block in reader.blocks():
        for row in block.table.to_pylist():
            found.setdefault(row["playlist"], []).append(row["title"])
    assert found == {"1999": ["Salt", "Rain", "Tide"], "2000": ["Rain", "Tide", "Salt"]}


def test_one_chart_is_not_asked_about() -> None:
    one = "rank,artist,title,year\n1,Ada,Rain,1999\n2,Nell,Salt,1999\n3,Quay,Tide,2000\n4,Ada,Home,2000\n"
    assert guess(one) == "artist=artist,title=title"


def test_the_creation_of_rows_may_be_the_time_of_plays() -> None:
    plays = "7,a,2024-01-01 10:00\n7,b,2024-01-01 10:04\n8,a,2024-01-02 10:00\n8,c,2024-01-03 10:00\n"
    assert guess(f"user_id,track_id,created_at\n{plays}") == (
        "a table of 3 columns in which 'created_at' may be the times of plays: assign the columns, for example "
        "--columns owner=user_id,uri=track_id,time=created_at --session-gap none"
    )
    accounts = "7,a,2024-01-01 10:00\n7,b,2024-01-01 10:00\n8,a,2024-01-02 10:00\n8,c,2024-01-02 10:00\n"
    assert guess(f"user_id,track_id,created_at\n{accounts}") == "owner=user_id,uri=track_id"
    assert guess(f"user_id,track_id,timestamp\n{plays}") == "owner=user_id,uri=track_id,time=timestamp"


@pytest.mark.parametrize("clocks", [("8:00 PM", "8:04 pm", "9:30 p.m."), ("20:30", "20:04:00", "08:00")])
def test_dates_and_times_of_day_in_two_columns_belong_together(clocks: tuple[str, ...]) -> None:
    rows = "".join(f"2024-03-0{day},{clock},Ada,Home {clock}\n" for day in (1, 2) for clock in clocks)
    assert guess(f"Date,Time,Artist,Title\n{rows}") == "artist=Artist,title=Title,time=Date,clock=Time"
    found = guess(f"Date,Begins,Artist,Title\n{rows}")
    assert "'Begins' may be the times of day of the dates in 'Date'" in found
    assert found.endswith("--columns artist=Artist,title=Title,time=Date,clock=Begins")
    with_shows = "".join(f"{line},Breakfast\n" for line in rows.splitlines())
    assert guess(f"Date,Begins,Artist,Title,Playlist\n{with_shows}").count("clock=") == 0


def test_durations_beside_dates_are_not_times_of_day() -> None:
    durations = ("3:45", "2:59", "4:10", "3:01", "5:22")
    rows = "".join(f"2024-03-01,{length},Ada,Home {length}\n" for length in durations)
    assert guess(f"Date,Time,Artist,Title\n{rows}") == "artist=Artist,title=Title,time=Date"
    with_clock = rows.replace("2024-03-01", "2024-03-01 10:00")
    assert guess(f"Date,Time,Artist,Title\n{with_clock}") == "artist=Artist,title=Title,time=Date"


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("filename", ("Home.mp3", "Salt.FLAC")),
        ("File title", ("/music/Ada/01 Home.m4a", "/music/Ada/02 Salt.ogg")),
        ("Dateititel", ("C:\\Musik\\Home.wma", "C:\\Musik\\Salt.wav")),
        ("list", ("file:///m/Home.opus", "file:///m/Salt.aiff")),
    ],
)
def test_names_of_audio_files_are_not_playlists_or_artists(name: str, files: tuple[str, str]) -> None:
    rows = "".join(f"{song},Ada,{file}\n" * 2 for song, file in zip(("Home", "Salt"), files, strict=True))
    assert guess(f"title,artist,{name}\n{rows}") == "artist=artist,title=title"
    assert guess(f"playlist,title,{name}\nEvening,Home,{files[0]}\nEvening,Salt,{files[1]}\n") == (
        "title=title,playlist=playlist"
    )
    assert "may name the playlist" in guess("title,artist,filename\nHome,Ada,evening.m3u\nSalt,Ada,evening.m3u\n")


def test_examples_contain_the_times_of_day_next_to_dates() -> None:
    rows = [f"2024-03-09,{hour}:05 Uhr,Abend,Ada Fenn,Home {hour}" for hour in (20, 21, 22)]
    found = guess("\n".join(["Datum,Uhrzeit,Sendung,Interpret,Titel", *rows]))
    assert found.endswith("--columns time=Datum,clock=Uhrzeit,artist=Interpret,title=Titel,playlist=Sendung")
    found = guess("\n".join(rows))
    assert "assign the columns by number" in found
    assert "--columns time=1,clock=2," in found


def test_examples_do_not_contain_the_times_of_other_events() -> None:
    rows = [f"2024-03-09 20:0{at},Abend,Ada Fenn,Home {at}" for at in range(3)]
    assert "time=" not in guess("\n".join(["Last Played,Sendung,Artist,Title", *rows]))
    assert "time=" in guess("\n".join(["Heard,Sendung,Artist,Title", *rows]))


def test_decimal_numbers_are_times_of_day_only_in_longer_order() -> None:
    rows = [f"2024-03-09,{hour}.30,Ada,Home {hour}" for hour in range(8, 16)]
    for number, asks in ((3, False), (8, True)):
        found = guess("\n".join(["Date,Begins,Artist,Title", *rows[:number]]))
        assert ("'Begins' may be the times of day of the dates in 'Date'" in found) == asks


def test_versions_of_tracks_are_not_playlists() -> None:
    rows = [f"Rain,Ada,{mix}" for mix in ("Original Mix", "Original Mix", "Radio Edit", "Nell Remix", "Dub")]
    assert guess("\n".join(["Track Title,Artists,Mix Name", *rows])) == "artist=Artists,title=Track Title"
    named = [row.replace("Mix", "Summer").replace("Edit", "Sun") for row in rows]
    assert guess("\n".join(["Track Title,Artists,Mix Name", *named])).endswith("playlist=Mix Name")


def test_an_empty_column_is_not_asked_about() -> None:
    assert guess("Name,Description,Artist\nRain,,Ada\nSalt,,Nell\n") == "artist=Artist,title=Name"
    assert "'Name' and 'Description' could be the title" in guess("Name,Description,Artist\nRain,x,Ada\nSalt,,Nell\n")


@pytest.mark.parametrize("row", ["Evening,Ada,Rain,", "Evening,Ada"])
def test_columns_are_guessed_although_no_row_has_the_width_of_the_header(row: str, write_dump: WriteDump) -> None:
    text = f"playlist,artist,title\n{row}\n{row}\n"
    assert guess(text) == "artist=artist,title=title,playlist=playlist"
    with pytest.raises(SourceError, match=f"line 2: {row.count(',') + 1} fields instead of 3"):
        skipgramophone.extract("x", write_dump(text), dry_run=True)
