"""Logs and chats, whose lines begin with dates, are refused with a command that keeps the rest of the lines."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.playlists.readers.reading import error_of, read

WriteDump = Callable[..., Path]
TRACKS = [("Ada Fenn", "Rain"), ("Nell Quay", "Salt"), ("The Hatches", "Tide: Live")]
NAMES = [" - ".join(track) for track in TRACKS]
COMMAND = re.compile(r"for example with sed (-n?E) '(.*?)'(?:, and|$)")


def converted(text: str, message: str) -> str:
    """Return a text after the command in a message."""
    found = COMMAND.search(message)
    assert found is not None
    program = ["sed", found[1], found[2]]
    return subprocess.run(program, input=text, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    "start",
    [
        "09.03.24, 20:0{n} - Nell: ",
        "3/9/24, 8:0{n} PM - Nell Q.: ",
        "3/9/24, 8:0{n}\u202fPM - Nell: ",
        "[09.03.24, 20:00:1{n}] Nell: ",
        "\u200e[09.03.24, 20:00:1{n}] Nell: ",
        "07/04/2014, 22:1{n} - +49 151 0000000: ",
    ],
)
def test_chats_are_refused_with_a_command_that_keeps_the_messages(start: str, write_dump: WriteDump) -> None:
    notice = start.format(n=9).removesuffix("Nell: ") + "Messages are encrypted.\n" if "Nell: " in start else ""
    text = notice + "".join(f"{start.format(n=n)}{name}\n" for n, name in enumerate(NAMES)) + "Ada Fenn - Door\n"
    message = error_of(write_dump(text, "chat.txt"))
    assert "it seems to be a chat" in message
    rows, _ = read(write_dump(converted(text, message), "list.txt"), "titles")
    assert [row[1:3] for row in rows] == [*TRACKS, ("Ada Fenn", "Door")]


@pytest.mark.parametrize(
    "start",
    [
        "2024-03-09 20:0{n} - ",
        "2024-03-09T20:0{n} ",
        "[2024-03-09 20:0{n}] ",
        "9.3.2024 20:0{n} ",
        "2024-03-0{n} - ",
    ],
)
def test_lists_with_dates_are_refused_with_a_command_that_removes_the_dates(start: str, write_dump: WriteDump) -> None:
    names = [name.replace("Tide: Live", "Tide") for name in NAMES]
    text = "".join(f"{start.format(n=n)}{name}\n" for n, name in enumerate(names, 1))
    message = error_of(write_dump(text, "list.txt"))
    assert "it seems to be a log or a list with dates" in message
    rows, _ = read(write_dump(converted(text, message), "plain.txt"), "titles")
    assert [row[1:3] for row in rows] == [(name.split(" - ")[0], name.split(" - ")[1]) for name in names]


@pytest.mark.parametrize("host", ["", "shop.example:443 "])
@pytest.mark.parametrize("agent", ["", ' "-" "Browser/5.0 [en] (X11)"'])
def test_logs_of_web_servers_are_refused_with_a_command_for_visitors_and_pages(
    host: str, agent: str, write_dump: WriteDump
) -> None:
    text = "".join(
        f'{host}10.0.0.{n % 2} - nell [07/Apr/2024:16:08:5{n} +0200] "GET /product/{n} HTTP/1.1" 200 82{agent}\n'
        for n in range(4)
    )
    message = error_of(write_dump(text, "access.log"))
    assert "it seems to be the log of a web server" in message
    assert converted(text, message) == "".join(f"10.0.0.{n % 2}\t/product/{n}\n" for n in range(4))


@pytest.mark.parametrize(
    "text",
    [
        "Apr 08 00:15:46 shop app[12]: user 1 - view - P007\nApr  9 00:15:46 shop app[12]: user 2 - view - P008\n",
        "<34>Apr 08 00:15:46 shop app: user 1 - view - P007\n<34>Apr  9 00:15:46 shop app: user 2 - view - P008\n",
    ],
)
def test_system_logs_are_refused(text: str, write_dump: WriteDump) -> None:
    assert "it seems to be a system log: write the columns" in error_of(write_dump(text, "syslog"))


def test_names_and_headings_with_dates_are_no_logs(write_dump: WriteDump) -> None:
    text = "09.03.2024, 20:00 Party\n" + "\n".join(NAMES) + "\n1999-2000-2001 - Door\n20:15 - Rain\n"
    rows, _ = read(write_dump(text, "list.txt"), "titles")
    assert [row[1:3] for row in rows][-5:] == [*TRACKS, ("1999-2000-2001", "Door"), ("20:15", "Rain")]


def test_references_are_not_tracks(write_dump: WriteDump) -> None:
    text = "".join(f"TY  - JOUR\nAU  - {artist}\nTI  - {title}\nER  - \n\n" for artist, title in TRACKS)
    assert "references in the format RIS: export them as CSV" in error_of(write_dump(text, "references.ris"))


@pytest.mark.parametrize("delimiter", ["\t", ",", ";", "|"])
def test_a_table_whose_first_field_is_a_time_is_not_a_log(delimiter: str, write_dump: WriteDump) -> None:
    rows = [("2024-03-09 20:0{n}", f"Table {n % 2}", *track) for n, track in enumerate(TRACKS * 2)]
    text = "".join(delimiter.join(row).format(n=n) + "\n" for n, row in enumerate(rows))
    message = error_of(write_dump(text, "plays.txt"))
    assert message.endswith("assign the columns by number, for example --columns time=1,playlist=2,artist=3,title=4")


def test_lyrics_are_refused_with_a_command_that_removes_the_times(write_dump: WriteDump) -> None:
    times = "[00:12.40]", "[01:02.5][01:32.50]", "[02:10.123] "
    text = "[ar:Ada Fenn]\n[ti:Rain]\n" + "".join(time + name + "\n" for time, name in zip(times, NAMES, strict=True))
    message = error_of(write_dump(text, "rain.lrc"))
    assert "it seems to be the lyrics of one track (LRC)" in message
    rows, _ = read(write_dump(converted(text, message), "list.txt"), "titles")
    assert [row[1:3] for row in rows] == TRACKS


def test_times_of_a_mix_are_not_those_of_lyrics(write_dump: WriteDump) -> None:
    text = "".join(f"[00:{n}2:40] {name}\n" for n, name in enumerate(NAMES))
    assert [row[1:3] for row in read(write_dump(text, "mix.txt"), "titles")[0]] == TRACKS


@pytest.mark.parametrize("time", ["00:00:0{n},000 --> 00:00:0{n},900", "00:0{n}.000 --> 00:0{n}.900"])
def test_subtitles_are_refused(time: str, write_dump: WriteDump) -> None:
    text = "".join(f"{n}\n{time.format(n=n)}\n- {name}!\n\n" for n, name in enumerate(NAMES, 1))
    assert error_of(write_dump(text, "film.srt")).endswith(
        "it seems to be subtitles of a film, which contain no list of tracks"
    )
