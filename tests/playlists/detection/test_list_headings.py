"""Texts with several lists below headings are not read as one playlist without a question."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from skipgramophone.playlists.readers.titles import OF_PART
from tests.playlists.readers.reading import error_of, read, reasons

WriteDump = Callable[..., Path]
EVENING = ["Ada Fenn - Rain", "Nell Quay - Salt", "Lanyards - Home"]
MORNING = ["Mira Sol - Tide", "Ada Fenn - Door", "Quay - Letters"]


def lists(first: str, second: str, form: str = "{name}", below: str = "") -> str:
    """Return a text with two lists below headings; `form` is the form of a line, and `below` follows a heading."""
    parts = []
    for heading, names in ((first, EVENING), (second, MORNING)):
        tracks = [form.format(number=number, name=name) for number, name in enumerate(names, 1)]
        parts.append("\n".join([heading + below, *tracks]))
    return "\n\n".join(parts) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        lists("Evening:", "Morning:", "  - {name}").replace("\n\n", "\n"),  # YAML
        lists("Evening:", "Morning:").replace("\n\n", "\n"),
        lists("Evening", "Morning"),
        lists("Evening", "Morning", below="\n"),
        lists("Evening вечер", "Morning утро", "• {name}"),
        lists("Evening", "Morning", "{number}. {name}", below="\n=== ==="),
        lists("History 2024/01/01", "History 2024/01/08", "2{number}:10 : {name}"),
    ],
)
def test_several_lists_are_asked_about(text: str, write_dump: WriteDump) -> None:
    path = write_dump(text, "lists.txt")
    first, second = (line for line in text.splitlines() if line.startswith(("Evening", "Morning", "History")))
    message = error_of(path)
    assert message.startswith(f"PATH is several lists, below headings such as {first!r} and {second!r}: ")
    assert message.endswith("add --format titles")
    command = message.partition("for example with ")[2].partition("; to read")[0]
    fixed = subprocess.run([*shlex.split(command), path], capture_output=True, text=True, check=True).stdout
    rows, _ = read(write_dump(fixed, "fixed.md"), "markdown")
    names = [(first.rstrip(":"), name) for name in EVENING] + [(second.rstrip(":"), name) for name in MORNING]
    assert [(row[0], f"{row[1]} - {row[2]}") for row in rows] == names
    assert len({row[0] for row in read(path, "titles", format="titles")[0]}) == 1


@pytest.mark.parametrize(
    "text",
    [
        lists("Side A", "Side B", "{number}. {name}"),  # one tape
        lists("CD 1:", "CD 2:", "- {name}"),
        lists("My evening", "https://music.example", "{number}. {name}"),
        "\n".join(["Evening", *EVENING, *MORNING]),
    ],
)
def test_the_parts_of_one_list_are_one_playlist(text: str, write_dump: WriteDump) -> None:
    rows, _ = read(write_dump(text, "tape.txt"), "titles")
    assert [row[1:3] for row in rows] == [tuple(name.split(" - ")) for name in EVENING + MORNING]


def test_titles_without_artists_are_not_headings(write_dump: WriteDump) -> None:
    text = "\n".join([*EVENING, "Interlude", *MORNING, "Coda", *EVENING])
    rows, rejects = read(write_dump(text, "list.txt"), "titles")
    assert [row[2] for row in rows if not row[1]] == ["Interlude", "Coda"]
    assert rejects == []


def test_headings_of_parts_are_no_tracks(write_dump: WriteDump) -> None:
    rows, rejects = read(write_dump(lists("Side One", "Side Two:"), "tape.txt"), "titles")
    assert [row[1:3] for row in rows] == [tuple(name.split(" - ")) for name in EVENING + MORNING]
    assert [reason for _, reason in reasons(rejects) if "blank" not in reason] == 2 * [OF_PART]
    rows, _ = read(write_dump("\n".join([*EVENING, "Part II"]), "list.txt"), "titles")
    assert rows[-1][1:3] == ("", "Part II")
