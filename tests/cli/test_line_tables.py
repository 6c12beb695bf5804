"""`--stdin --format csv`: one table of the answers to many queries."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from skipgramophone.cli.line_answers import Line, line_printer
from tests.conftest import Ran, run_sgp

BASKETS = ('["14101", "Product 2"]', '["14105", "nothing like it"]')


def table(ran: Ran, format: str) -> list[dict[str, str]]:
    """Read a table that was printed."""
    lines = io.StringIO(ran.out)
    if format == "tsv":
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return list(csv.DictReader(lines))


@pytest.mark.parametrize("format", ["csv", "tsv"])
def test_many_queries_make_one_table_with_a_query_column(shop: Path, format: str) -> None:
    where = ("--format", format, "-n", "3", "--experiments-dir", shop)
    lines = "Product 2\nnothing like it\n\n14105\nCopper Kettle\n"
    ran = run_sgp("similar", "shop", "--stdin", *where, stdin=lines)
    assert ran.code == 3
    assert ran.out.count("query") == 1
    rows = table(ran, format)
    queries = ("Product 2", "14105", "Copper Kettle")
    assert [row["query"] for row in rows] == [query for query in queries for _ in range(3)]
    alone = [row for query in queries for row in table(run_sgp("similar", "shop", query, *where), format)]
    assert [{name: value for name, value in row.items() if name != "query"} for row in rows] == alone
    unknown, blank, note, count = ran.err.splitlines()
    assert unknown.startswith("error: line 2: no track matches 'nothing like it'")
    assert blank == "error: line 3: the name of a track is empty: give a title, or 'artist - title'"
    assert note.startswith("line 5: 3 tracks are called 'Copper Kettle'; using the most frequent, ")
    assert count == "error: 2 of 5 lines have no answer"


def test_the_exit_code_is_that_of_json_and_quiet_leaves_out_only_notes(shop: Path) -> None:
    options = ("similar", "shop", "--stdin", "--strict-names", "--experiments-dir", shop)
    for lines, code in (("Product 2\n", 0), ("Copper Kettle\n", 4), ("Copper Kettle\nnothing like it\n", 3), ("", 0)):
        ran = run_sgp(*options, "--format", "csv", "-q", stdin=lines)
        assert ran.code == run_sgp(*options, stdin=lines).code == code
        assert bool(ran.err) == bool(code)
    noted = run_sgp(*options[:3], *options[4:], "--format", "csv", "-q", stdin="Copper Kettle\n")
    assert (noted.code, noted.err) == (0, "")


def test_a_note_that_is_the_same_for_several_lines_is_printed_once(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_text("14101\n14188\n")
    where = ("--exclude-file", tmp_path / "out.txt", "--format", "csv", "--experiments-dir", shop)
    ran = run_sgp("similar", "shop", "--stdin", *where, stdin="Product 2\nProduct 3\n")
    assert ran.err == f"line 1: {tmp_path / 'out.txt'}: 1 of 2 lines matches no track, such as '14188'\n"


@pytest.mark.parametrize("line", ["14105,Product 5,3.90", '"Product 5, blue";14105', "9\tProduct 5"])
def test_the_error_of_a_row_of_a_table_names_the_field_to_give(shop: Path, line: str) -> None:
    ran = run_sgp("similar", "shop", "--stdin", "--experiments-dir", shop, stdin=f"{line}\nno, such, product\n")
    row, unknown = map(json.loads, ran.out.splitlines())
    field = "Product 5" if line.startswith("9") else "14105"
    advice = f"The line seems to be a row of a table: give only one name or id per line, such as '{field}'"
    assert row["error"].endswith(f". {advice}")
    assert "row of a table" not in unknown["error"]
    assert json.loads(run_sgp("similar", "shop", field, "--json", "--experiments-dir", shop).out)["neighbours"]


def test_baskets_are_continued_as_one_table(shop: Path) -> None:
    where = ("continue", "shop", "--stdin", "-n", "4", "--experiments-dir", shop)
    lines = "\n".join((*BASKETS, "14105"))
    ran = run_sgp(*where, "--format", "csv", stdin=lines)
    answers = list(map(json.loads, run_sgp(*where, stdin=lines).out.splitlines()))
    assert ran.code == 2
    assert [(row["query"], row["uri"]) for row in table(ran, "csv")] == [
        (basket, near["uri"]) for basket, answer in zip(BASKETS, answers, strict=False) for near in answer["neighbours"]
    ]
    assert "error: line 3: each line must be a JSON list of names" in ran.err
    assert ran.err.endswith("error: 1 of 3 lines has no answer\n")


def test_artists_are_written_as_for_a_single_query(sample_root: Path) -> None:
    options = ("--of", "artists", "-n", "2", "--format", "csv", "--experiments-dir", sample_root)
    ran = run_sgp("similar", "demo", "--stdin", *options, stdin="the unpaid otters\n")
    alone = table(run_sgp("similar", "demo", "the unpaid otters", *options), "csv")
    assert table(ran, "csv") == [{"query": "the unpaid otters"} | row for row in alone]


def test_a_query_that_looks_like_a_formula_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    printer = line_printer("csv", rows=lambda _answer: [{"rank": 1}], safe_cells=True)
    for number in (1, 2):
        printer.answer(Line(number, "=1+1", "=1+1"), SimpleNamespace(notes=()))
    assert capsys.readouterr().out == "query,rank\n'=1+1,1\n'=1+1,1\n"


def test_rows_arrive_before_the_input_ends(shop: Path) -> None:
    command = [sys.executable, "-m", "skipgramophone", "similar", "shop", "-", "-n", "1", "--format", "csv"]
    pipe = subprocess.PIPE
    with subprocess.Popen([*command, "--experiments-dir", str(shop)], stdin=pipe, stdout=pipe, text=True) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write("Product 2\n")
        running.stdin.flush()
        assert running.stdout.readline().startswith("query,rank,")
        assert running.stdout.readline().startswith("Product 2,1,")
        running.stdin.close()
