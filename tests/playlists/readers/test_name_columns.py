"""Tables in which one column has both artist and title."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.playlists.readers.reading import read

ROWS = [("A", "Red Owls - Love One"), ("A", "Nell Quay - Salt - Live"), ("B", "Red Owls - Love One"), ("B", "Rain")]
EXPECTED = [
    ("A", "Red Owls", "Love One", None),
    ("A", "Nell Quay", "Salt - Live", None),
    ("B", "Red Owls", "Love One", None),
    ("B", "", "Rain", None),
]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_an_assigned_column_of_names_is_split(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    if suffix == "csv":
        path.write_text("list,song\n" + "".join(f"{playlist},{name}\n" for playlist, name in ROWS))
    else:
        path.write_text("".join(json.dumps({"list": playlist, "song": name}) + "\n" for playlist, name in ROWS))
    rows, rejects = read(path, "columns", columns="playlist=list,name=song")
    assert rows == EXPECTED
    assert rejects == []


def test_a_column_of_titles_with_artists_is_recognized_by_its_values(tmp_path: Path) -> None:
    rows = ROWS[:3] * 4
    (tmp_path / "x.csv").write_text("playlist,track\n" + "".join(f"{playlist},{name}\n" for playlist, name in rows))
    found, _ = read(tmp_path / "x.csv", "columns")
    assert sorted(found) == sorted(EXPECTED[:3] * 4)


def test_titles_with_dashes_next_to_artists_stay_titles(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("playlist,artist,track\nA,Ada,Rain - Live\nA,Nell,Salt - Live\n")
    rows, _ = read(tmp_path / "x.csv", "columns")
    assert [row[1:3] for row in rows] == [("Ada", "Rain - Live"), ("Nell", "Salt - Live")]
