"""`sgp tune`: it improves bad settings, continues after a stop, and keeps the settings without a significant gain."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from skipgramophone.cli.tune import show, tell_trial
from skipgramophone.evaluation.scorecard import Estimate
from skipgramophone.evaluation.tuning import TrialReport, TuneReport
from tests.conftest import Sgp, run_sgp
from tests.json_schemas import require_valid

pytest.importorskip("optuna", reason="tuning needs Optuna")


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of experiment "wrong": part of the sample, trained with an unsuitable window and rate."""
    root = tmp_path_factory.mktemp("tune")
    extracted = run_sgp("extract", "wrong", "--sample", "-nr", "20000", "-q", "--experiments-dir", root)
    assert extracted.code == 0
    options = ["-wsz", "1", "-lr", "0.001", "-emb", "16", "-e", "4", "--no-factors"]  # factors make up for bad vectors
    assert run_sgp("train", "wrong", *options, "-q", "--experiments-dir", root).code == 0
    return root


@pytest.mark.slow
def test_a_search_finds_better_settings_than_bad_ones(wrong: Path) -> None:
    first = run_sgp("tune", "wrong", "--trials", "2", "--json", "-q", "--experiments-dir", wrong)
    assert (first.code, first.err) == (0, "")
    report = json.loads(first.out)
    require_valid(report, "tune")
    assert [trial["number"] for trial in report["trials"]] == [1, 0]  # the default settings, then the bad ones
    assert report["is_new"]
    assert report["winner"]["window_size"] == "bag"
    assert report["gain"]["r_precision"]["low"] > 0
    assert report["gain"]["ndcg"]["low"] > 0
    best = wrong / "wrong" / "tuning" / "best.toml"
    assert tomllib.loads(best.read_text())["train"]["window_size"] == "bag"
    assert run_sgp("train", "wrong", "--config", best, "--force", "-q", "--experiments-dir", wrong).code == 0
    manifest = json.loads((wrong / "wrong" / "model" / "manifest.json").read_text())
    assert manifest["settings"] == report["winner"]


@pytest.mark.slow
def test_a_stopped_search_continues(wrong: Path) -> None:
    shown = run_sgp("tune", "wrong", "--trials", "1", "--experiments-dir", wrong)
    assert shown.code == 0
    line = "no trial was significantly better than the present settings on validation playlists: keep these settings"
    assert line in shown.out
    assert [line.split()[0] for line in shown.err.splitlines()[-2:]] == ["trial", "0"]
    again = run_sgp("tune", "wrong", "--trials", "2", "--json", "--experiments-dir", wrong)
    assert [line.split()[0] for line in again.err.splitlines()[-2:]] == ["trial", "1"]  # the first is not rerun
    assert len(json.loads(again.out)["trials"]) == 2


def test_the_output_fits_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    settings = {"window_size": "bag", "embedding_dim": 1024, "epochs": 40, "negatives": 15}
    settings |= {"noise_exponent": -0.5, "rate": 0.123456, "subsample": 0.001}
    trials = [TrialReport(10, "complete", 0.30462, settings), TrialReport(9, "pruned", 0.2, settings)]
    printed: list[int] = []
    for trial in trials:
        tell_trial(trial, printed, quiet=False)
    gain = {"r_precision": Estimate(0.0167, -0.01, 0.0833), "ndcg": Estimate(0.0082, 0.0034, 0.0274)}
    report = TuneReport("demo", {}, trials=trials, winner={}, is_new=True, gain=gain, test_playlists=1)
    show(report, tmp_path / ("a" * 80) / "best.toml")
    shown = capsys.readouterr()
    heading, *rows = shown.err.splitlines()
    assert [row.split()[:3] for row in rows] == [["10", "complete", "0.3046"], ["9", "pruned", "0.2000"]]
    assert {len(heading), *map(len, rows)} == {80}  # aligned at the right
    *lines, command = shown.out.splitlines()
    assert command == f"sgp train demo --config {tmp_path / ('a' * 80) / 'best.toml'} --force"  # in one piece
    assert all(len(line) <= 80 for line in lines)
    assert lines[1].split() == heading.split()
    assert lines[3].split() == ["10", "complete", "0.3046", "bag", "1024", "40", "15", "-0.50", "0.123", "0.001"]
    assert lines[-2].split() == ["NDCG@500", "+0.0082", "[+0.0034,", "+0.0274]"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["--budget", "soon"],
            "--budget: a time span must be a number followed by s, m or h (such as 90s, 15m or 2h), not 'soon'",
        ),
        (["--budget", "30"], "--budget: a time span needs a unit (s, m or h): give 30s, 30m or 30h, not 30"),
        (["--budget", "0"], "--budget must be above 0, not 0.0"),
        (["--trials", "0"], "--trials must be at least 1, not 0"),
        (
            ["--protocol", "deezer2018"],
            "deezer2018 cannot be used for tuning, because it holds out no whole playlists: use next-item",
        ),
    ],
)
def test_invalid_options_are_one_line_errors(sgp: Sgp, arguments: list[str], line: str) -> None:
    ran = sgp("tune", "x", *arguments)
    assert (ran.code, ran.out, ran.err) == (2, "", f"error: {line}\n")
