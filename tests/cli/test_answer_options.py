"""Tables that are safe to open in a spreadsheet, and options that are refused because they contradict each other."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

import skipgramophone as package
from tests.cli.untrained import give_vectors
from tests.conftest import dump_text, run_sgp


@pytest.fixture
def formulas(experiments: Path, tmp_path: Path) -> Path:
    """The experiment "formulas", whose names begin like formulas; its vectors are random."""
    names = [("=cmd", "+1"), ("@sum", "-2"), ("plain", "tab\tinside"), ("A", "B")]
    rows = [(f"-o{at}", *name, "=list") for at in range(3) for name in names]
    (tmp_path / "dump.csv").write_text(dump_text(rows), encoding="utf-8")
    package.extract("formulas", tmp_path / "dump.csv", experiments_dir=experiments)
    give_vectors(experiments, "formulas")
    return experiments


def cells(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    """The rows of a table with a header."""
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


@pytest.mark.parametrize(("format", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_cells_that_look_like_formulas_are_escaped_on_request(formulas: Path, format: str, delimiter: str) -> None:
    at = ("similar", "formulas", "A - B", "--format", format)
    plain, safe = (cells(run_sgp(*at, *extra).out, delimiter) for extra in ((), ("--safe-cells",)))
    assert {(row["artist"], row["title"]) for row in plain} == {
        ("=cmd", "+1"),
        ("@sum", "-2"),
        ("plain", "tab\\tinside"),
    }
    assert {(row["artist"], row["title"]) for row in safe} == {
        ("'=cmd", "'+1"),
        ("'@sum", "'-2"),
        ("plain", "tab\\tinside"),
    }
    # Numbers stay numbers, even if they are negative.
    assert [row["similarity"] for row in safe] == [row["similarity"] for row in plain]
    assert any(row["similarity"].startswith("-") for row in safe)


def test_lists_of_artists_and_of_playlists_are_escaped_too(formulas: Path, tmp_path: Path) -> None:
    at = ("A - B", "--format", "csv", "--safe-cells")
    artists = cells(run_sgp("similar", "formulas", *at, "--of", "artists").out)
    assert {row["artist"] for row in artists} == {"'=cmd", "'@sum", "plain"}
    playlists = cells(run_sgp("similar", "formulas", *at, "--of", "playlists").out)
    assert {(row["owner"], row["playlist"]) for row in playlists} == {(f"'-o{at}", "'=list") for at in range(3)}
    compared = cells(run_sgp("similar", "formulas", *at, "--compare", "formulas").out)
    assert {row["artist"] for row in compared} == {"'=cmd", "'@sum", "plain"}
    ran = run_sgp("continue", "formulas", "A - B", "--by", "cosine", "--safe-cells", "-o", tmp_path / "a.csv")
    assert ran.code == 0
    assert {row["artist"] for row in cells((tmp_path / "a.csv").read_text())} == {"'=cmd", "'@sum", "plain"}


@pytest.mark.parametrize("format", ["table", "json", "m3u8", "tunemymusic"])
def test_other_formats_have_no_cells(formulas: Path, format: str) -> None:
    for command in ("similar", "continue"):
        ran = run_sgp(command, "formulas", "A - B", "--safe-cells", "--format", format)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == f"error: --safe-cells is for spreadsheets: use --format csv or tsv, not {format}\n"


def test_json_is_not_written_to_a_file_of_another_format(formulas: Path, tmp_path: Path) -> None:
    at = ("continue", "formulas", "A - B", "--by", "cosine", "--json", "-o")
    for name, format in (("x.xspf", "xspf"), ("x.M3U", "m3u8"), ("x.txt", "plain")):
        ran = run_sgp(*at, tmp_path / name)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == (
            f"error: {tmp_path / name} has the suffix of the format {format}: leave out --json, "
            "or choose a file name that ends in .json\n"
        )
        assert not (tmp_path / name).exists()
    for name in ("x.json", "x.dat", "x"):
        assert run_sgp(*at, tmp_path / name).code == 0
        assert (tmp_path / name).read_text().startswith("{")


def test_a_list_of_artists_needs_a_track_or_an_artist(formulas: Path) -> None:
    ran = run_sgp("similar", "formulas", "--of", "artists")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "error: no TRACK given: try sgp similar formulas 'artist - title' --of artists, or give the name of an "
        "artist, --artist NAME, --album NAME or --file FILE"
        ". To read names from standard input, add --stdin; a prompt for names opens only on a terminal\n"
    )


@pytest.mark.parametrize("by", ["model", "factors", "cosine+count"])
def test_a_way_from_track_to_track_has_no_other_ranking(formulas: Path, by: str) -> None:
    ends = ("--from", "=cmd - +1", "--to", "A - B", "--arrange", "--all-versions")
    ran = run_sgp("continue", "formulas", *ends, "--by", by)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "error: tracks on a path from one track to another are always chosen by cosine, so they cannot be ranked by "
        f"{by}: leave out --by\n"
    )
    assert run_sgp("continue", "formulas", *ends, "--by", "cosine").code == 0


def test_one_is_singular(formulas: Path, tmp_path: Path) -> None:
    ran = run_sgp("export", "formulas", tmp_path / "a.npz", "--of", "artists", "--top", "1")
    assert "vectors       1 artist × 4" in ran.out
    ran = run_sgp("map", "formulas", "-o", tmp_path / "a.html", "--of", "artists", "--clusters", "1")
    assert "4 in 1 cluster\n" in ran.out
    ran = run_sgp("map", "formulas", "-o", tmp_path / "b.html", "--of", "artists", "--projection", "tsne")
    assert ran.err == "error: t-SNE needs more than 30 artists: use --projection pca\n"
