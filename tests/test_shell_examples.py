"""Shell examples: redirection, exit codes, and lines that a document leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shell_examples import run_example, shortened

PRINTED = ["model", "rows  1", "time  2 s", "", "hybrid  0.51", "cosine  0.40", "end"]


def test_an_example_keeps_as_many_lines_as_the_document_shows() -> None:
    assert shortened(PRINTED, ["old"]) == PRINTED  # the document leaves nothing out
    assert shortened(PRINTED, ["old", "…"]) == ["model", "…"]
    assert shortened(PRINTED, ["old", "older", "…", "end"]) == ["model", "rows  1", "…", "end"]
    assert shortened(PRINTED, ["…", "hybrid 0.44", "…", "end"]) == ["…", "hybrid  0.51", "…", "end"]
    assert shortened(PRINTED, ["model", "…", "hybrid 0.5", "cosine", "…"]) == ["model", "…", *PRINTED[4:6], "…"]


def test_an_example_that_leaves_nothing_out_is_refused() -> None:
    with pytest.raises(AssertionError, match="nothing is left out"):
        shortened(PRINTED, [*PRINTED[:3], "…", *PRINTED[3:]])
    with pytest.raises(StopIteration):  # this line is not printed any more
        shortened(PRINTED, ["…", "median 3", "…"])


def test_an_example_reads_and_writes_files_and_shows_exit_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.csv").write_text("artist,title\na,b\n")
    example = "$ sgp extract x - \\\n    --json < one.csv > one.json\n$ grep rows_used one.json\n$ sgp similar x b\n"
    shown = run_example(f"{example}error: \n$ echo $?\n", notes=True).splitlines()
    assert shown[:4] == [*example.splitlines()[:3], '  "rows_used": 1,']
    assert shown[4] == "$ sgp similar x b"
    assert shown[5].startswith("error: experiment 'x' has no model")
    assert shown[6:] == ["$ echo $?", "1"]


def test_an_error_that_the_document_does_not_show_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AssertionError):
        run_example("$ sgp similar nothing here\n")
