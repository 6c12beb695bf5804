"""Lists of names in text files: numbers, times, bullets, headings and dashes around the names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.readers.line_marks import LineMarks
from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.reading import error_of, read, reasons

WriteDump = Callable[..., Path]

NAMES = ["Ada Fenn - Rain", "Nell Quay - Salt - Live", "The Hatches - Tide", "50 Cent - Home", "Ada Fenn - Door"]
TRACKS = [
    ("Ada Fenn", "Rain"), ("Nell Quay", "Salt - Live"), ("The Hatches", "Tide"), ("50 Cent", "Home"),
    ("Ada Fenn", "Door"),
]  # fmt: skip
TIMES = ["00:00", "04:10", "1:03:14", "1:10:00", "2:00:01"]
UNMARKED = "without the number, time or bullet of the other lines"


@pytest.mark.parametrize(
    "line",
    [
        "{number}. {name}",
        "  {number}) {name}",
        "[{number}] {name}",
        "{number:02d} - {name}",
        "{number:03d} {name}",
        "#{number} {name}",
        "{back}. {name}",
        "- {name}",
        "• {name}",
        "* {number}. {name}",
        "{time} {name}",
        "[{time}] {name}",
        "{time} - {name}",
        "{number}. [{time}] {name}",
        "{time} {number}. {name}",
        "{name} ({time})",
        "{name} - {time}",
        "{number}. {name} [{time}]",
        "- [{name}](https://music.example/track/4xiy?si=1)",
        "{name}.mp3",
        "{number:02d} - {name}.flac",
        "【{number}】{name}",
        "{number}\ufe0f\u20e3 {name}",
        "{circled} {name}",
        "🎵 {name}",
        "♪ {number}. {name}",
        "SC8000-{number:02d} - {name}",
    ],
)
def test_marks_around_names_are_not_part_of_them(line: str, write_dump: WriteDump) -> None:
    lines = [
        line.format(number=number, back=99 - number, circled=chr(0x245F + number), name=name, time=time)
        for number, (name, time) in enumerate(zip(NAMES, TIMES, strict=True), 1)
    ]
    rows, rejects = read(write_dump("\n".join(lines), "mix.txt"), "titles")
    assert [row[1:3] for row in rows] == TRACKS
    assert rejects == []


@pytest.mark.parametrize(
    "names",
    [
        ["311 - Amber", "112 - Peaches", "50 Cent - Home", "1975 - Sex"],  # numbers in no order
        ["10cc - Donna", "2Pac - Changes", "3 Doors Down - Kryptonite", "4 Non Blondes - Train"],
        ["4 Non Blondes - Train", "Ada Fenn - Rain", "5 Seconds of Summer - Amnesia", "Nell Quay - Salt"],
        ["Jay - 4:44", "Ada Fenn - Rain", "Nell Quay - Salt.mp3", "Ada Fenn - Salt"],  # few lines
        ["1. FC Chor - Hymne", "Ada Fenn - Rain", "Nell Quay - Salt", "- Nell Quay - Home"],
        ["1. Ada Fenn - Rain", "2. Nell Quay - Salt"],  # too few lines to judge
        ["★ Quay - Rain", "★ Quay - Salt", "Ada Fenn - Home"],
        ["UB40 - Rain - Live", "UB40 - Salt - Live", "UB40 - Home - Live"],
        ["RX100 - Rain", "RX100 - Salt", "RX100 - Home"],
    ],
)
def test_names_that_look_like_marks_are_kept(names: list[str], write_dump: WriteDump) -> None:
    rows, rejects = read(write_dump("\n".join(names), "list.txt"), "titles")
    assert [f"{artist} - {title}" for _, artist, title, _ in rows] == names
    assert rejects == []


def test_albums_in_the_lists_of_foobar2000_are_not_part_of_the_titles(write_dump: WriteDump) -> None:
    lines = [name.replace(" - ", f" - [Best of {number} #0{number}] ", 1) for number, name in enumerate(NAMES, 1)]
    rows, _ = read(write_dump("\n".join(lines), "list.txt"), "titles")
    assert [row[1:3] for row in rows] == TRACKS
    rows, _ = read(write_dump("\n".join([lines[0], *NAMES[1:]]), "list.txt"), "titles")
    assert rows[0][2] == "[Best of 1 #01] Rain"


def test_links_of_markdown_are_read_as_their_text(write_dump: WriteDump) -> None:
    lines = [
        "Ada - [Rain [Live]](https://a.example/1)",
        "Nell - Salt [Live] (https)",
        "[Ada](https://a.example) - Door",
    ]
    rows, _ = read(write_dump("\n".join(lines), "list.md"), "titles")
    assert [row[1:3] for row in rows] == [("Ada", "Rain [Live]"), ("Nell", "Salt [Live] (https)"), ("Ada", "Door")]


def test_headings_of_a_list_with_marks_are_rejected_but_tracks_without_a_mark_are_kept(write_dump: WriteDump) -> None:
    text = "Driving - no vocals\nhttps://example.org\n\n1. Ada Fenn - Rain\nNell Quay - Salt\n# Encore\n"
    text += "".join(f"{number}. {name}\n" for number, name in enumerate(NAMES, 2))
    rows, rejects = read(write_dump(text, "set.txt"), "titles")
    assert [row[1:3] for row in rows] == [("Ada Fenn", "Rain"), ("Nell Quay", "Salt"), *TRACKS]
    assert reasons(rejects) == [(1, UNMARKED), (2, UNMARKED), (3, "blank line"), (6, UNMARKED)]


def test_a_heading_gives_the_order_of_artist_and_title(write_dump: WriteDump) -> None:
    rows, rejects = read(write_dump("Artist - Name\nAda Fenn - Rain\nNell - Salt - Live\n", "a.txt"), "titles")
    assert [row[1:3] for row in rows] == [("Ada Fenn", "Rain"), ("Nell", "Salt - Live")]
    assert reasons(rejects) == [(1, "the heading of the list")]
    rows, _ = read(write_dump("Song - Artist\nRain - Ada Fenn\nSalt - Nell\n", "b.txt"), "titles")
    assert [row[1:3] for row in rows] == [("Ada Fenn", "Rain"), ("Nell", "Salt")]
    assert "see `sgp extract --help`" in error_of(write_dump("Artist Name\nAda Fenn\nNell Quay\n", "c.txt"))


@pytest.mark.parametrize("dash", ["–", "—"])
def test_longer_dashes_separate_artist_and_title(dash: str, write_dump: WriteDump) -> None:
    text = f"Ada Fenn {dash} Rain - Live\nNell-Quay {dash} Salt\nThe Hatches {dash} Tide\n"
    rows, _ = read(write_dump(text, "dashes.txt"), "titles")
    assert [row[1:3] for row in rows] == [("Ada Fenn", "Rain - Live"), ("Nell-Quay", "Salt"), ("The Hatches", "Tide")]


def test_marks_are_found_in_the_first_lines_and_used_in_all() -> None:
    marks = LineMarks([f"{number}. Ada Fenn - Song {number}" for number in range(1, 4)])
    assert marks.name_on("1001. Nell Quay - Salt") == ("Nell Quay - Salt", True)
    assert marks.name_on("Encore") == ("Encore", False)
    assert marks.name_on("") == ("", False)


def test_numbers_of_tracks_in_file_names_are_not_artists(write_dump: WriteDump) -> None:
    paths = (
        "Fenn/01 - Rain.mp3\nQuay/11 - Nell Quay - Salt.mp3\nC:\\Music\\03. The Hatches - Tide.flac\n07 echoes.ogg\n"
    )
    rows, _ = read(write_dump(paths, "numbers.m3u"), "m3u")
    assert [row[1:3] for row in rows] == [
        ("", "Rain"),
        ("Nell Quay", "Salt"),
        ("The Hatches", "Tide"),
        ("", "07 echoes"),
    ]
    rows, _ = read(write_dump("50 Cent - Home.mp3\n01 Ada - Rain.mp3\nNell - Salt.mp3\n", "few.m3u"), "m3u")
    assert [row[1:3] for row in rows] == [("50 Cent", "Home"), ("Ada", "Rain"), ("Nell", "Salt")]
    entries = "[playlist]\nFile1=a/01 - Rain.mp3\nFile2=b/12 - Salt.mp3\nFile3=c.mp3\nTitle3=01 - Named\n"
    rows, _ = read(write_dump(entries, "radio.pls"), "pls")
    assert [row[1:3] for row in rows] == [("", "Rain"), ("", "Salt"), ("01", "Named")]


def test_tags_of_virtualdj_name_the_tracks(write_dump: WriteDump) -> None:
    text = (
        "#EXTVDJ:<time>18:51</time><artist>Ada &amp; Nell</artist><title>Rain</title><songlength>212.4</songlength>\n"
        "C:\\Music\\x_rain.mp3\n"
        "#EXTVDJ:<artist>Quay</artist><title>Salt</title><remix>Dub</remix>\nnetsearch://dz7153\n"
        "#EXTINF:151,The Hatches - Tide\n#EXTVDJ:<filesize>4</filesize>\ntide.mp3\n"
        "other.mp3\n"
    )
    path = write_dump(text, "history.m3u")
    rows, _ = read(path, "m3u")
    assert [row[1:3] for row in rows] == [
        ("Ada & Nell", "Rain"),
        ("Quay", "Salt (Dub)"),
        ("The Hatches", "Tide"),
        ("", "other"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_text_exports_of_itunes_are_read_in_other_languages(
    encoding: str, write_dump: WriteDump, tmp_path: Path
) -> None:
    path = tmp_path / "Abend.txt"
    path.write_bytes(
        "Name\tInterpret\tKomponist\tAlbum\tOrt\rRain\tAda\t\tSea\tMac:a\rSalt\tNell\t\tSea\r".encode(encoding)
    )
    rows, rejects = read(path, "tab-text")
    assert rows == [("Abend", "Ada", "Rain", None), ("Abend", "Nell", "Salt", None)]
    assert rejects == []


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_lines_may_end_in_the_way_of_any_system(end: str, write_dump: WriteDump) -> None:
    rows, _ = read(write_dump(end.join(NAMES), "list.txt"), "titles")
    assert [row[1:3] for row in rows] == TRACKS
    table = end.join(["artist,title", *(",".join(track) for track in TRACKS)])
    rows, rejects = read(write_dump(table + end, "table.csv"), "columns")
    assert [row[1:3] for row in rows] == TRACKS
    assert rejects == []


def test_a_return_inside_a_field_of_a_table_is_kept(write_dump: WriteDump) -> None:
    rows, _ = read(write_dump('artist,title\n"Ada\rFenn",Rain\n', "table.csv"), "columns")
    assert [row[1:3] for row in rows] == [("Ada\rFenn", "Rain")]


def test_apple_music_leaves_out_the_location_of_a_track(write_dump: WriteDump) -> None:
    header = "Name\tArtist\tComposer\tAlbum\tMy Rating\tLocation\n"
    text = header + "Rain\tAda\t\tSea\t\nSalt\tNell\t\tSea\t\tMac:a.m4a\nShort\tB\n"
    rows, rejects = read(write_dump(text, "Evening.txt"), "tab-text")
    assert [row[1:3] for row in rows] == [("Ada", "Rain"), ("Nell", "Salt")]
    assert reasons(rejects) == [(4, "2 fields instead of 6")]


BEETS = [
    ("Ada Fenn", "Doors", "Green Door"), ("Ada Fenn", "Doors", "Rain"), ("Nell Quay", "Boats", "Tide"),
    ("The Hatches", "Boats", "Salt - Live"), ("Me", "", "Demo"), ("50 Cent", "Solo", "Home"),
]  # fmt: skip


@pytest.mark.parametrize("mark", ["", "- ", "{number}. "])
def test_albums_between_artists_and_titles_are_not_part_of_the_titles(mark: str, write_dump: WriteDump) -> None:
    lines = [mark.format(number=number) + " - ".join(parts) for number, parts in enumerate(BEETS, 1)]
    path = write_dump("\n".join(lines), "beet.txt")
    rows, rejects = read(path, "titles")
    assert [row[1:3] for row in rows] == [(artist, title) for artist, _, title in BEETS]
    assert rejects == []
    (reader,) = open_sources([path], ExtractSettings()).readers
    albums = next(iter(reader.blocks())).table["album"].to_pylist()
    assert albums == [album or None for _, album, _ in BEETS]


@pytest.mark.parametrize(
    "names",
    [
        ["Ada - Rain - Live", "Ada - Salt - Live", "Nell - Tide - Live", "Nell - Sea - Remix"],  # versions
        ["Ada - Rain - Doors", "Ada - Salt - Doors", "Nell - Tide - Boats", "Nell - Sea - Boats"],  # albums at the end
        ["Ada - Rain - Live", "Ada - Rain - Remix", "Nell - Tide", "Nell - Sea", "Me - Demo"],  # few of three parts
        ["Ada - Rain - Live", "Ada - Rain - Remix"],  # a short list
    ],
)
def test_other_names_of_three_parts_are_split_at_the_first_separator(names: list[str], write_dump: WriteDump) -> None:
    rows, _ = read(write_dump("\n".join(names), "x.txt"), "titles")
    assert [row[1:3] for row in rows] == [tuple(name.split(" - ", 1)) for name in names]


def test_times_may_start_again_below_a_heading(write_dump: WriteDump) -> None:
    text = (
        "VirtualDJ History 2024/01/01\n------------------------------\n22:10 : Ada - Rain\n22:14 : Nell - Salt\n\n"
        "VirtualDJ History 2024/01/08\n------------------------------\n21:10 : Ada - Tide\n21:15 : Nell - Home\n"
        "21:20 : Quay - 8:15\n"
    )
    rows, rejects = read(write_dump(text, "set.txt"), "titles", format="titles")
    assert [row[1:3] for row in rows] == [
        ("Ada", "Rain"),
        ("Nell", "Salt"),
        ("Ada", "Tide"),
        ("Nell", "Home"),
        ("Quay", "8:15"),
    ]
    unmarked, rule = "without the number, time or bullet of the other lines", "a separating line"
    assert reasons(rejects) == [(1, unmarked), (2, rule), (5, "blank line"), (6, unmarked), (7, rule)]


def test_a_track_that_is_played_together_with_another(write_dump: WriteDump) -> None:
    rows, _ = read(write_dump("1. Ada - Rain\nw/ Nell - Salt\n2. Quay - Tide\n3. Ada - w/ you\n", "x.txt"), "titles")
    assert [row[1:3] for row in rows] == [("Ada", "Rain"), ("Nell", "Salt"), ("Quay", "Tide"), ("Ada", "w/ you")]
    rows, _ = read(write_dump("w/ Nell - Salt\nAda - Rain\nQuay - Tide\n", "x.txt"), "titles")
    assert rows[0][1] == "w/ Nell"  # not a list with numbers


def test_the_name_of_a_column_is_a_heading(write_dump: WriteDump) -> None:
    names = "Ada - Rain\nNell - Salt\nQuay - Tide\nAda - Home\n"
    rows, rejects = read(write_dump("song names\n" + names, "x.csv"), "titles")
    assert len(rows) == 4
    assert reasons(rejects) == [(1, "the heading of the list")]
    assert len(read(write_dump("Rain\nSalt\n" + names, "x.txt"), "titles")[0]) == 6  # two titles without artist


@pytest.mark.parametrize(
    "ranks",
    [
        "1. 2. 2. 4. 5.", "1 2 2 4 5", "1 2 2 3 4", "5 4 2 2 1", "1 =2 =2 4 5", "1. 2=. 2=. 4. 5.", "1 T2 T2 4 5",
        "1. 1. 1. 4. 5.",
    ],
)  # fmt: skip
def test_ranks_of_charts_may_tie(ranks: str, write_dump: WriteDump) -> None:
    lines = [f"{rank} {name}\n" for rank, name in zip(ranks.split(), NAMES, strict=True)]
    rows, rejects = read(write_dump("".join(lines), "chart.txt"), "titles")
    assert [row[1:3] for row in rows] == TRACKS
    assert rejects == []


@pytest.mark.parametrize("numbers", ["50 50 50 50 51", "10 30 50 70 90", "3. 1. 9. 2. 8."])
def test_other_numbers_are_part_of_the_name(numbers: str, write_dump: WriteDump) -> None:
    lines = [f"{number} {name}" for number, name in zip(numbers.split(), NAMES, strict=True)]
    rows, _ = read(write_dump("\n".join(lines), "x.txt"), "titles")
    assert [" - ".join(row[1:3]) for row in rows] == lines


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (
            "".join(f"{n}. {title} (Ada) - Key of G\n" for n, title in enumerate(["Rain", "Salt", "Tide", "Home"], 1)),
            ("Key of G", "Rain (Ada)"),
        ),
        (
            "Rain - Ada Fenn\nSalt - Ada Fenn\nTide - Nell\nHome - Nell\nRain - Ada Fenn\n",
            ("Ada Fenn", "Rain"),
        ),
    ],
)
def test_few_titles_of_many_artists_lead_to_a_question(
    text: str, first: tuple[str, str], write_dump: WriteDump
) -> None:
    message = error_of(write_dump(text, "a.txt"))
    assert "if the titles come first, insert 'Title - Artist' as the first line; " in message
    rows, _ = read(write_dump("Title - Artist\n" + text, "b.txt"), "titles")
    assert rows[0][1:3] == first


def test_a_few_covers_are_no_reason_for_a_question(write_dump: WriteDump) -> None:
    rows, _ = read(write_dump("Ada - Rain\nNell - Rain\nQuay - Rain\nAda - Tide\nAda - Salt\n", "a.txt"), "titles")
    assert len(rows) == 5


def test_times_and_tabs_before_names_are_marks(write_dump: WriteDump) -> None:
    names = list(enumerate(NAMES))
    rows, rejects = read(write_dump("".join(f"20:{55 - 5 * n:02d}\t{name}\n" for n, name in names), "a.txt"), "titles")
    assert ([row[1:3] for row in rows], rejects) == (TRACKS, [])
    by_owner = "".join(f"{n // 2}\t{name}\n" for n, name in names)
    assert "for example --columns owner=1,name=2" in error_of(write_dump(by_owner, "b.txt"))
    durations = "".join(f"3:{n * 37 % 60:02d}\t{name}\n" for n, name in names)
    assert "a table of 2 columns" in error_of(write_dump(durations, "c.txt"))
