"""The tracks that the lines of a list name: by uri, link, identifier or whole name, never by a part of a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.catalogue_writer import TRACKS as TYPES
from skipgramophone.experiment.catalogue_writer import write_catalogue
from skipgramophone.lookup.track_list import find_tracks
from tests.conftest import table_of

ID = "4uLU6hMCjMI75M1A2tKUQC"  # invented
TRACKS = [  # artist, title, uri, count, first place
    ("Nell Quay", "Paper Boats", f"spotify:track:{ID}", 9, 1),
    ("Säkert!", "Fredrik", None, 8, 2),
    ("Sakert!", "Fredrik", None, 7, 3),
    ("", "Kettle", "14100", 6, 4),
    ("", "kettle", "14101", 5, 5),
    ("[live]", ":heart: \x1b[31m", None, 4, 6),
    ("", "14102", "14199", 3, 7),
    ("", "Bowl", "14102", 2, 8),
]


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        (f"spotify:track:{ID}", [0]),
        (f"https://open.spotify.com/track/{ID}?si=x", [0]),
        ("NELL QUAY  -  paper boats", [0]),
        ("Paper Boats", []),  # only the title
        ("Nell Quay", []),
        ("Säkert! - Fredrik", [1]),
        ("Sakert! - Fredrik", [2]),
        ("sakèrt! - fredrik", [1, 2]),
        ("KETTLE", [3, 4]),  # all tracks with the name
        ("Ketle", []),
        ("14100", [3]),
        ("1410", []),
        ("14102", [7]),  # a uri comes before a name
        (r"[live] - :heart: \x1b[31m", [5]),  # as `--format plain` writes it
        ("\udcff", []),
        ("' OR 1=1 --", []),
        ("!?", []),
    ],
)
def test_a_line_names_tracks(tmp_path: Path, line: str, rows: list[int]) -> None:
    write_catalogue(tmp_path, table_of(TYPES, TRACKS))
    found = find_tracks(Catalogue(tmp_path), [line, " "], "exclude")
    assert (found.rows.tolist(), found.size, found.unknown) == (rows, 1, () if rows else (line,))


def test_a_file_may_have_any_line_ends_a_byte_order_mark_and_m3u_directives(tmp_path: Path) -> None:
    write_catalogue(tmp_path, table_of(TYPES, TRACKS))
    path = tmp_path / "list.m3u"
    path.write_bytes("\ufeff#EXTM3U\r\n14100\r\nSäkert! - Fredrik\r\rno such\n\n14100".encode())
    found = find_tracks(Catalogue(tmp_path), path, "exclude")
    assert (found.rows.tolist(), found.size, found.unknown, found.source) == ([1, 3], 3, ("no such",), str(path))
