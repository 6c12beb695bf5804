"""Lists of names in which something else is before the artists, and lists of tracks on records."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.sources import open_sources
from skipgramophone.settings import ExtractSettings
from tests.playlists.readers.reading import error_of, read

WriteDump = Callable[..., Path]
TRACKS = [("Ada Fenn", "Rain"), ("Nell Quay", "Salt"), ("Lanyards", "Home"), ("Mira Sol", "Tide")]
COMMAND = re.compile(r"for example with sed -E '(.*?)';")


@pytest.mark.parametrize("labels", [["First dance", "Cake", "Bouquet", "Last song"], [f"Track {n}" for n in range(4)]])
def test_labels_are_not_artists(labels: list[str], write_dump: WriteDump) -> None:
    lines = [f"{label}: {artist} - {title}" for label, (artist, title) in zip(labels, TRACKS, strict=True)]
    text = "\n".join(lines) + "\n"
    message = error_of(write_dump(text, "wedding.txt"))
    assert f"a list with labels such as {labels[0]!r} before the artists" in message
    found = COMMAND.search(message)
    assert found is not None
    without = subprocess.run(["sed", "-E", found[1]], input=text, capture_output=True, text=True, check=True).stdout
    rows, _ = read(write_dump(without, "list.txt"), "titles")
    assert [row[1:3] for row in rows] == TRACKS
    (reader,) = open_sources([write_dump(text, "wedding.txt")], ExtractSettings(format="titles")).readers
    assert next(iter(reader.blocks())).table["artist"][0].as_py() == f"{labels[0]}: Ada Fenn"


def test_numbers_are_not_artists(write_dump: WriteDump) -> None:
    changes = "1.2.0 - Fix the rain\n1.1.0 - Add the sea\n1.0.9 - Remove salt\n"
    assert "a list with numbers such as '1.2.0' instead of artists" in error_of(write_dump(changes, "a.txt"))
    names = "311 - Amber\nRe: Sea - Rain\n50 Cent - Salt\nNell: Live - Tide\nAda - Home\n"
    assert [row[1] for row in read(write_dump(names, "b.txt"), "titles")[0]][:2] == ["311", "Re: Sea"]


@pytest.mark.parametrize(
    "days", [("Monday", "Tuesday", "Friday"), ("Mo.", "Mi.", "Fr."), ("Segunda-feira", "Terça-feira", "Sábado")]
)
def test_days_of_the_week_are_not_artists(days: tuple[str, ...], write_dump: WriteDump) -> None:
    meals = "".join(f"{day} - {meal}\n" for meal in ("Soup", "Fish pie", "Rice") for day in days)
    assert f"a list with days of the week such as {days[0]!r} instead of artists" in error_of(
        write_dump(meals, "a.txt")
    )
    (reader,) = open_sources([write_dump(meals, "a.txt")], ExtractSettings(format="titles")).readers
    assert next(iter(reader.blocks())).table["artist"][0].as_py() == days[0]


@pytest.mark.parametrize(
    "other", ["Friday - Rain\nSunday - Salt\n", "Monday - Rain\nTuesday - Salt\nAda Fenn - Tide\n"]
)
def test_artists_may_be_called_like_a_day(other: str, write_dump: WriteDump) -> None:
    rows, _ = read(write_dump(other * 3, "b.txt"), "titles")
    assert rows[0][1:3] == tuple(other.split("\n")[0].split(" - "))


@pytest.mark.parametrize(
    "amounts",
    [
        ("200 g", "3 EL", "1.5 kg", "1/2 l"),
        ("0171 2345678", "+49 30 1234", "030/98765", "0160-777"),
        ("15.99 €", "$7", "£12.50", "3 €"),
        ("1999", "2004", "1987", "2011"),
    ],
)
def test_amounts_and_telephone_numbers_are_not_titles(amounts: tuple[str, ...], write_dump: WriteDump) -> None:
    pairs = list(zip(("Flour", "Ana Roy", "Lamp", "Ada Fenn"), amounts, strict=True))
    after = error_of(write_dump("".join(f"{name} - {amount}\n" for name, amount in pairs), "after.txt"))
    assert after.startswith(f"PATH is a list with numbers such as {amounts[0]!r} instead of titles")
    before = error_of(write_dump("".join(f"{amount} - {name}\n" for name, amount in pairs), "before.txt"))
    assert before.startswith(f"PATH is a list with numbers such as {amounts[0]!r} instead of artists")


@pytest.mark.parametrize("titles", [("1999", "22", "7", "Rain"), ("99 Problems", "1979 Live", "4 Minutes", "50 Ways")])
def test_songs_may_be_called_like_numbers(titles: tuple[str, ...], write_dump: WriteDump) -> None:
    tracks = [(artist, title) for (artist, _), title in zip(TRACKS, titles, strict=True)]
    rows, _ = read(write_dump("".join(f"{artist} - {title}\n" for artist, title in tracks), "a.txt"), "titles")
    assert [row[1:3] for row in rows] == tracks


def test_all_songs_of_a_list_may_be_by_one_artist_with_a_number(write_dump: WriteDump) -> None:
    rows, _ = read(write_dump("".join(f"311 - {title}\n" for _, title in TRACKS), "a.txt"), "titles")
    assert {row[1] for row in rows} == {"311"}


@pytest.mark.parametrize("form", ["{} {}", "{}. {}", "{}) {}", "{} - {}"])
def test_sides_and_numbers_of_a_record_are_marks(form: str, write_dump: WriteDump) -> None:
    names = [" - ".join(track) for track in TRACKS]
    text = "".join(form.format(*pair) + "\n" for pair in zip(("A1", "A2", "B1", "B2"), names, strict=True))
    rows, rejects = read(write_dump(text, "tape.txt"), "titles")
    assert ([row[1:3] for row in rows], rejects) == (TRACKS, [])
    other = text.replace("A2", "A7")
    assert read(write_dump(other, "other.txt"), "titles")[0][0][1] != "Ada Fenn"
