"""Answers that list few or no results, and names that are not found: notes that say why, and what to do next."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Sgp, run_sgp

TITLES = ["Rain", "Snow", "Hail", "Mist", "Dew"]
# Cosines with the first vector: 1, -0.0004, -0.6, 0.8 and 0.6.
VECTORS = [[1.0, 0.0], [-0.0004, 1.0], [-0.6, 0.8], [0.8, 0.6], [0.6, -0.8]]


@pytest.fixture
def weather(sgp: Sgp, experiments: Path, tmp_path: Path) -> Path:
    """The experiment "my weather": five imported vectors, without playlists."""
    tracks = [f"Ada Fenn - {title}" for title in TITLES]
    np.savez(tmp_path / "v.npz", vectors=np.array(VECTORS, np.float32), tracks=tracks)
    assert sgp("import", "my weather", tmp_path / "v.npz", "-q").code == 0
    return experiments


def names_in(tmp_path: Path, number: int) -> Path:
    """A file with the names of the first tracks."""
    path = tmp_path / "names.txt"
    path.write_text("".join(f"Ada Fenn - {title}\n" for title in TITLES[:number]))
    return path


def test_a_query_of_all_tracks_leaves_no_results(sgp: Sgp, weather: Path, tmp_path: Path) -> None:
    assert weather.is_dir()
    ran = sgp("continue", "my weather", "--file", names_in(tmp_path, 5), "-n", "2")
    assert ran.code == 0
    assert ran.err.endswith("only 0 of 2 results: all 5 tracks of the corpus are already in the query\n")
    assert ran.out == "no results for 5 tracks by 'Ada Fenn'\n"


def test_tracks_without_a_vector_are_not_counted(sgp: Sgp, weather: Path, tmp_path: Path) -> None:
    names = names_in(tmp_path, 5)
    (tmp_path / "more.csv").write_text("artist,title,playlist\n" + "".join(f"Ada Fenn,{title},p\n" for title in TITLES))
    with (tmp_path / "more.csv").open("a") as more:
        more.write("Ada Fenn,Fog,p\n")
    assert sgp("extract", "half", tmp_path / "more.csv").code == 0
    assert sgp("import", "half", tmp_path / "v.npz", "-q").code == 0
    ran = sgp("continue", "half", "--file", names, "-n", "2")
    assert "only 0 of 2 results: all 5 tracks with a vector are already in the query\n" in ran.err
    assert weather.is_dir()


def test_a_list_of_all_other_tracks_is_not_limited_by_filters(sgp: Sgp, weather: Path, tmp_path: Path) -> None:
    assert weather.is_dir()
    ran = sgp("continue", "my weather", "--file", names_in(tmp_path, 2), "-n", "4")
    assert ran.err.endswith("only 3 of 4 results: there are no more tracks\n")  # --max-per-artist is 5 by default
    filtered = sgp("continue", "my weather", "--file", names_in(tmp_path, 2), "-n", "4", "--max-per-artist", "2")
    assert filtered.err.endswith("only 2 of 4 results: no more tracks pass the filters\n")


@pytest.mark.parametrize("of", ["tracks", "artists"])
def test_a_table_without_rows_has_no_number_in_its_title(trained: Path, of: str) -> None:
    query = ("folk 3", "--of", of, "--min-similarity", "1", "--experiments-dir", trained)
    ran = run_sgp("similar", "genres", *query)
    assert (ran.code, ran.out.splitlines()[1:]) == (0, [])
    assert ran.out.startswith("no results for 'folk artist 3 - folk 3'")
    assert f"no more {of} pass the filters" in ran.err


def test_a_similarity_that_rounds_to_zero_has_no_sign_in_tables(sgp: Sgp, weather: Path) -> None:
    assert weather.is_dir()
    query = ("similar", "my weather", "Rain", "--by", "cosine", "--exact")
    rows = [line.split() for line in sgp(*query).out.splitlines()[3:]]
    assert [(row[1], row[4]) for row in rows] == [
        ("0.800", "Mist"),
        ("0.600", "Dew"),
        ("0.000", "Snow"),
        ("-0.600", "Hail"),
    ]
    exact = {one["title"]: one["similarity"] for one in json.loads(sgp(*query, "--json").out)["neighbours"]}
    assert exact["Snow"] == pytest.approx(-0.0004, abs=1e-6)
    related = sgp("explain", "my weather", "Rain", "Snow")
    assert re.search(r"^similarity +0\.000$", related.out, re.MULTILINE)
    assert "-0.000" not in related.out


@pytest.mark.parametrize("words", ["similar xyzzy", "continue xyzzy", "explain xyzzy Rain", "similar --artist xyzzy"])
def test_an_unknown_name_says_how_to_see_all_names(
    sgp: Sgp, weather: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    command, *rest = words.split()
    ran = sgp(command, "my weather", *rest)
    kind = "artist" if "--artist" in rest else "track"
    assert (ran.code, ran.out) == (3, "")
    problem, advice = ran.err.split(f". To see which {kind}s you can look up, run ")
    assert problem.endswith(f"and no name is similar: check the spelling, or give another {kind}")
    monkeypatch.chdir(tmp_path)
    sgp_word, *arguments = shlex.split(advice)
    assert (sgp_word, sgp(*arguments).code) == ("sgp", 0)
    listed = list(csv.DictReader(io.StringIO(Path(f"{kind}s.csv").read_text(encoding="utf-8"))))
    assert {row["title"] for row in listed} == set(TITLES) if kind == "track" else len(listed) == 1
    assert weather.is_dir()


def test_other_advice_has_precedence(sgp: Sgp, weather: Path) -> None:
    assert weather.is_dir()
    ran = sgp("similar", "my weather", "artist: xyzzy")
    assert ran.err.endswith(". For all tracks of an artist, use --artist xyzzy\n")


@pytest.mark.parametrize("option", [(), ("--of", "artists")])
def test_a_pipe_whose_table_is_shortened_says_so(
    trained: Path, monkeypatch: pytest.MonkeyPatch, option: tuple[str, ...]
) -> None:
    from skipgramophone.cli.render import hint_at_full_names

    note = "names are shortened: to see them in full, unset COLUMNS or set it to a larger width\n"
    query = ("similar", "genres", "folk 3", *option, "--experiments-dir", str(trained))
    hint_at_full_names.cache_clear()
    full = run_sgp(*query)
    assert ("…" in full.out, "names are shortened" in full.err) == (False, False)
    monkeypatch.setenv("COLUMNS", "30")
    narrow = run_sgp(*query)
    assert "…" in narrow.out
    assert narrow.err.endswith(note)
    hint_at_full_names.cache_clear()
    quiet = run_sgp(*query, "-q")
    assert "…" in quiet.out
    assert note not in quiet.err
    monkeypatch.setenv("COLUMNS", "200")
    assert run_sgp(*query).err == full.err
