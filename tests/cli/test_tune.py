"""`sgp tune`: it improves bad settings, continues after a stop, and keeps settings if no gain is significant."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from skipgramophone.cli.tune import TrialTable, show
from skipgramophone.evaluation.scorecard import Estimate
from skipgramophone.evaluation.search_time import SearchTime
from skipgramophone.evaluation.tuning import TrialReport, TuneReport
from tests.conftest import Sgp, run_sgp
from tests.json_schemas import require_valid

pytest.importorskip("optuna", reason="tuning needs Optuna")


@pytest.fixture(scope="module")
def trained_wrong(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of experiment "wrong": part of the sample, trained with an unsuitable window and rate."""
    root = tmp_path_factory.mktemp("tune")
    extracted = run_sgp("extract", "wrong", "--sample", "-nr", "20000", "-q", "--experiments-dir", root)
    assert extracted.code == 0
    options = ["-wsz", "1", "-lr", "0.001", "-emb", "16", "-e", "4", "--no-factors"]  # factors make up for bad vectors
    assert run_sgp("train", "wrong", *options, "-q", "--experiments-dir", root).code == 0
    return root


@pytest.fixture
def wrong(trained_wrong: Path, tmp_path: Path) -> Path:
    """Return a copy of this directory that a test may change."""
    return Path(shutil.copytree(trained_wrong, tmp_path / "root"))


def _report(
    name: str, trials: list[TrialReport], gain: dict[str, Estimate], test_playlists: int, **changes: Any
) -> TuneReport:
    """Return a report of a search whose best settings are new, or with the given changes."""
    report = TuneReport(
        name,
        {"budget": 900.0},
        trials,
        winner={},
        is_new=True,
        gain=gain,
        test_playlists=test_playlists,
        earlier_trials=0,
        time=SearchTime("trials", trial=2.0, reserved=8.0, advised_budget=29.0),
    )
    return replace(report, **changes)


PRESENT = TrialReport(0, "complete", 0.3, {"window_size": "bag"}, learning_rate=0.6)


@pytest.mark.parametrize(
    ("budget", "time", "trials", "lines"),
    [
        (
            60.0,
            SearchTime("budget", trial=12.2, reserved=48.8, advised_budget=171.8),
            [PRESENT],
            [
                "the search stopped because of --budget 1m: the slowest trial took 12 s, and 49 s are reserved for the "
                "final comparison",
                "only the present settings were tried: give --budget 3m for about 10 trials",
            ],
        ),
        (
            900.0,
            SearchTime("trials", trial=2.0, reserved=8.0, advised_budget=29.0),
            [PRESENT],
            ["only the present settings were tried: give --trials above 1"],
        ),
        (
            5400.0,
            SearchTime("budget", trial=630.0, reserved=2520.0, advised_budget=8825.0),
            [PRESENT, replace(PRESENT, number=1)],
            [
                "the search stopped because of --budget 90m: the slowest trial took 10 min, and 42 min are reserved "
                "for the final comparison",
                "no trial was significantly better than the present settings on validation playlists: keep these "
                "settings",
            ],
        ),
        (
            900.0,
            SearchTime("trials", trial=0.0, reserved=0.0, advised_budget=0.0),
            [PRESENT, replace(PRESENT, number=1)],
            [
                "no trial was significantly better than the present settings on validation playlists: keep these "
                "settings"
            ],
        ),
    ],
)
def test_the_report_says_why_few_settings_were_tried(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    budget: float,
    time: SearchTime,
    trials: list[TrialReport],
    lines: list[str],
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    report = _report("demo", trials, {}, 30, settings={"budget": budget}, time=time, is_new=False)
    show(report, Path("best.toml"), "demo-tuned")
    assert capsys.readouterr().out.splitlines()[3 + len(trials) :] == lines


@pytest.mark.slow
def test_a_search_finds_better_settings_than_bad_ones(wrong: Path) -> None:
    first = run_sgp("tune", "wrong", "--trials", "2", "--json", "-q", "--experiments-dir", wrong)
    assert (first.code, first.err) == (0, "")
    report = json.loads(first.out)
    require_valid(report, "tune")
    assert [trial["number"] for trial in report["trials"]] == [1, 0]  # the default settings, then the bad ones
    assert report["is_new"]
    assert report["time"]["stopped_by"] == "trials"
    assert report["winner"]["window_size"] == "bag"
    assert report["gain"]["r_precision"]["low"] > 0
    assert report["gain"]["ndcg"]["low"] > 0
    best = wrong / "wrong" / "tuning" / "best.toml"
    assert tomllib.loads(best.read_text())["train"]["window_size"] == "bag"
    assert run_sgp("train", "wrong", "--config", best, "--force", "-q", "--experiments-dir", wrong).code == 0
    manifest = json.loads((wrong / "wrong" / "model" / "manifest.json").read_text())
    assert manifest["settings"] == report["winner"]


@pytest.mark.slow
def test_an_interrupted_search_continues_like_one_without_a_break(wrong: Path) -> None:
    shutil.copytree(wrong / "wrong", wrong / "whole")
    tune = ["tune", "--share", "0.2", "--trials", "3", "--experiments-dir", str(wrong)]
    whole = json.loads(run_sgp(*tune, "whole", "--json", "-q").out)
    assert whole["earlier_trials"] == 0

    command = [sys.executable, "-m", "skipgramophone", *tune, "wrong"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as search:
        assert search.stderr is not None
        assert [search.stderr.readline().split()[0] for _ in range(2)] == ["trial", "0"]
        search.send_signal(signal.SIGINT)
        rest = search.stderr.read()
    assert (search.returncode, rest) == (130, "interrupted: 1 trial is stored; continue with the same command\n")

    again = run_sgp(*tune, "wrong", "--json")
    assert again.err.splitlines()[0] == "continues a search with 1 trial"
    assert [line.split()[0] for line in again.err.splitlines()[1:]] == ["trial", "1", "2"]
    report = json.loads(again.out)
    require_valid(report, "tune")
    assert report["earlier_trials"] == 1
    assert report["trials"] == whole["trials"]
    tried = [trial["settings"] for trial in report["trials"]]
    assert all(one not in tried[:at] for at, one in enumerate(tried))
    (present,) = (trial for trial in report["trials"] if trial["number"] == 0)
    assert present["learning_rate"] == 0.001

    full = run_sgp(*tune, "wrong")
    assert full.err == "continues a search with 3 trials; for new ones, give --trials above 3\n"
    assert full.out.startswith("best of 3 trials, on validation playlists\n")


@pytest.mark.parametrize(
    ("earlier", "note", "interrupted"),
    [
        (0, "", "interrupted before a trial was finished: to start again, use the same command"),
        (1, "continues a search with 1 trial\n", "interrupted: 1 trial is stored; continue with the same command"),
        (7, "continues a search with 7 trials\n", "interrupted: 7 trials are stored; continue with the same command"),
        (
            8,
            "continues a search with 8 trials; for new ones, give --trials above 8\n",
            "interrupted: 8 trials are stored; continue with the same command",
        ),
    ],
)
def test_a_search_says_how_many_trials_are_stored(
    capsys: pytest.CaptureFixture[str], earlier: int, note: str, interrupted: str
) -> None:
    table = TrialTable(8, quiet=False)
    table.begin(earlier)
    assert capsys.readouterr().err == note
    assert table.interrupted() == interrupted
    TrialTable(8, quiet=True).begin(earlier)
    assert capsys.readouterr().err == ""


def test_the_output_fits_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    settings = {"window_size": "bag", "embedding_dim": 1024, "epochs": 40, "negatives": 15}
    settings |= {"noise_exponent": -0.5, "rate": 0.123456, "subsample": 0.001}
    trials = [
        TrialReport(number, state, value, settings, learning_rate=0.00741)
        for number, state, value in ((10, "complete", 0.30462), (9, "pruned", 0.2))
    ]
    table = TrialTable(1000, quiet=False)
    for trial in trials:
        table.add(trial)
    gain = {"r_precision": Estimate(0.0167, -0.01, 0.0833), "ndcg": Estimate(0.0082, 0.0034, 0.0274)}
    report = _report("demo", trials, gain, test_playlists=1)
    show(report, tmp_path / ("a" * 80) / "best.toml", "demo-tuned")
    shown = capsys.readouterr()
    heading, *rows = shown.err.splitlines()
    assert [row.split()[:3] for row in rows] == [["10", "complete", "0.3046"], ["9", "pruned", "0.2000"]]
    assert {len(heading), *map(len, rows)} == {80}  # aligned at the right
    *lines, copy, command = shown.out.splitlines()
    assert copy == "sgp experiments copy demo demo-tuned"
    assert command == f"sgp train demo-tuned --config {tmp_path / ('a' * 80) / 'best.toml'} --force"  # in one piece
    assert all(len(line) <= 80 for line in lines)
    assert lines[1].split() == heading.split()
    assert lines[3].split() == ["10", "complete", "0.3046", "bag", "1024", "40", "15", "-0.50", "0.00741", "0.001"]
    assert lines[-3].split() == ["NDCG@500", "+0.0082", "[+0.0034,", "+0.0274]"]
    assert lines[-2:] == [
        "too few test playlists (1) for a reliable comparison",
        "to train a copy with the new settings, and keep the model of demo:",
    ]


@pytest.mark.parametrize(
    ("means", "kept"),
    [((0.02, -0.0387), True), ((-0.01, 0.02), True), ((0.0, 0.0), False), ((0.02, 0.01), False)],
)
def test_settings_that_are_worse_on_test_playlists_are_not_suggested(
    capsys: pytest.CaptureFixture[str], means: tuple[float, float], kept: bool
) -> None:
    trials = [TrialReport(0, "complete", 0.3, {"window_size": "bag"}, learning_rate=0.6)]
    gain = {name: Estimate(mean, -0.1, 0.1) for name, mean in zip(("r_precision", "ndcg"), means, strict=True)}
    report = _report("demo", trials, gain, test_playlists=20)
    show(report, Path("my lists/best.toml"), "demo-tuned-2", ("--experiments-dir", "my lists"))
    lines = capsys.readouterr().out.splitlines()
    if kept:
        assert lines[-1] == "the new settings were not better on the test playlists: keep the present settings"
        assert not any(line.startswith("sgp ") for line in lines)
    else:
        assert lines[-2:] == [
            "sgp experiments copy demo demo-tuned-2 --experiments-dir 'my lists'",
            "sgp train demo-tuned-2 --config 'my lists/best.toml' --force --experiments-dir 'my lists'",
        ]
    assert not any("too few" in line for line in lines)


def test_the_suggested_commands_keep_the_model(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "my lists"
    shutil.copytree(trained, root)
    model = (root / "genres" / "model" / "manifest.json").read_bytes()
    best = tmp_path / "best.toml"
    best.write_text('[train]\nwindow_size = "bag"\nembedding_dim = 8\nepochs = 2\n')
    gain = {"ndcg": Estimate(0.1, 0.05, 0.2)}
    trials = [TrialReport(0, "complete", 0.3, {"window_size": "bag"}, learning_rate=0.6)]
    report = _report("genres", trials, gain, test_playlists=30)
    show(report, best, "genres-tuned", ("--experiments-dir", str(root)))
    for line in capsys.readouterr().out.splitlines()[-2:]:
        ran = run_sgp(*shlex.split(line)[1:])
        assert (ran.code, line[:4]) == (0, "sgp ")
    assert (root / "genres" / "model" / "manifest.json").read_bytes() == model
    assert json.loads((root / "genres-tuned" / "model" / "manifest.json").read_text())["settings"]["epochs"] == 2


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
