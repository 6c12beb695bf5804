"""A corpus whose tracks have identifiers grows to the same corpus as one extraction of all sources."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import skipgramophone as package
from skipgramophone.experiment.catalogue import Catalogue
from skipgramophone.experiment.name_index import PLACES
from skipgramophone.pipeline import growth

COLUMNS = "artist=artist,title=title,playlist=playlist,isrc=isrc"
PLAIN = [("A", "One", playlist, "") for playlist in "pqt"]
PLAIN += [("A", "Two", "p", ""), ("A", "Two", "q", ""), ("B", "Six", "q", "")]
STATED = [*PLAIN[:3], ("A", "Two", "p", "GBAAA0000002"), ("A", "Two", "q", ""), ("B", "Six", "q", "GBAAA0000006")]
ADDED = [("a", "ONE", "r", ""), ("C", "New", "p", ""), ("A", "Two", "r", "")]
ADDED_STATED = [("a", "ONE", "r", "GBAAA0000001"), ("C", "New", "p", "GBAAA0000009"), ("A", "Two", "r", "GBAAA0000003")]
LATER = [("B", "Six", "s", ""), ("A", "Two", "s", "")]


def content_of(stage: Path) -> dict[str, Any]:
    """Return the tracks with their identifiers, the playlists and the arrays of a corpus stage."""
    with closing(Catalogue(stage)) as catalogue:
        catalogue.require_sound()
        found: dict[str, Any] = {"tracks": list(catalogue.all_tracks()), "spellings": catalogue.all_spellings()}
    # Only a corpus that has grown stores positions by count.
    found |= {path.name: path.read_bytes() for path in stage.glob("*.npy") if path.name != PLACES}
    return found | {"playlists": pq.read_table(stage / "playlists.parquet").to_pydict()}


@pytest.mark.parametrize(
    ("parts", "match", "encoded_in_part"),
    [
        ((STATED, ADDED, LATER), None, 0),
        ((PLAIN, ADDED_STATED, LATER), None, 0),
        ((STATED, ADDED_STATED, LATER), None, 0),
        ((STATED, ADDED_STATED, LATER), "isrc", 0),
        ((PLAIN, ADDED, LATER), "isrc", 0),
        ((PLAIN, ADDED, LATER), None, 2),
    ],
)
def test_a_corpus_with_identifiers_grows_as_in_one_extraction(
    tmp_path: Path, parts: tuple[Any, ...], match: str | None, encoded_in_part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = package.ExtractSettings(columns=COLUMNS, match=match)
    encode_part, calls = growth._grown, []

    def counted(*given: Any) -> growth.Growth:
        calls.append(given)
        return encode_part(*given)

    monkeypatch.setattr(growth, "_grown", counted)
    files = []
    for number, rows in enumerate(parts):
        files.append(tmp_path / f"{number}.csv")
        lines = ["artist,title,playlist,isrc", *(",".join(row) for row in rows)]
        files[-1].write_text("\n".join(lines) + "\n")
        package.extract("grown", files[-1], settings, append=number > 0, experiments_dir=tmp_path)
    whole = package.extract("whole", files, settings, experiments_dir=tmp_path)
    found, expected = (content_of(tmp_path / name / "corpus") for name in ("grown", "whole"))
    assert found == expected
    assert len(calls) == encoded_in_part
    by_title = {track.title: track.identifiers for track in found["tracks"]}
    stated = {(row[1].title(), f"isrc:{row[3]}") for rows in parts for row in rows if row[3]}
    assert {(title.title(), each) for title, several in by_title.items() for each in several} == stated
    assert (whole.identifiers is None) == (not stated)
