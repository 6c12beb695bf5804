"""The examples of `script_examples`, which the fuzzer changes, are read completely."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.playlists.readers.reading import read
from tests.playlists.readers.script_examples import LISTS, NAMES, SCRIPT_EXAMPLES

WriteDump = Callable[..., Path]


@pytest.mark.parametrize("name", SCRIPT_EXAMPLES)
def test_each_example_is_read_completely(name: str, write_dump: WriteDump) -> None:
    text, number = SCRIPT_EXAMPLES[name]
    rows, _ = read(write_dump(text, name), "titles" if name in LISTS else "columns")
    assert len(rows) == number


@pytest.mark.parametrize("name", ["numbered.txt", "plain.txt", "ranked.txt", "times.txt", "bullets.txt", "linked.txt"])
def test_marks_are_not_part_of_the_names(name: str, write_dump: WriteDump) -> None:
    rows, _ = read(write_dump(LISTS[name][0], name), "titles")
    assert [" - ".join(row[1:3]) for row in rows] == list(NAMES)
