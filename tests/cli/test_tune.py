"""`sgp tune`: it improves bad settings, continues after a stop, and keeps the settings without a significant gain."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

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
    assert len([line for line in shown.err.splitlines() if line.startswith("trial ")]) == 1
    again = run_sgp("tune", "wrong", "--trials", "2", "--json", "--experiments-dir", wrong)
    assert len([line for line in again.err.splitlines() if line.startswith("trial ")]) == 1  # the first is not rerun
    assert len(json.loads(again.out)["trials"]) == 2


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["--budget", "soon"],
            "a time span must be a number followed by s, m or h (such as 90s, 15m or 2h), not 'soon'",
        ),
        (["--budget", "0"], "budget must be above 0, not 0.0"),
        (["--trials", "0"], "trials must be at least 1, not 0"),
        (
            ["--protocol", "deezer2018"],
            "deezer2018 cannot be used for tuning, because it holds out no whole playlists: use next-item",
        ),
    ],
)
def test_invalid_options_are_one_line_errors(sgp: Sgp, arguments: list[str], line: str) -> None:
    ran = sgp("tune", "x", *arguments)
    assert (ran.code, ran.out, ran.err) == (2, "", f"error: {line}\n")


def test_all_settings_of_the_trials_fit_80_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from skipgramophone.cli.tune import _show
    from skipgramophone.evaluation.tuning import TrialReport, TuneReport

    settings = {
        "window_size": "bag",
        "embedding_dim": 128,
        "epochs": 30,
        "negatives": 12,
        "noise_exponent": -0.25,
        "rate": 0.34567,
        "subsample": 0.001,
    }
    report = TuneReport(
        experiment="x",
        settings={},
        trials=[TrialReport(11, "complete", 0.4567, settings)],
        winner={},
        is_new=False,
        gain={},
        test_playlists=9,
    )
    monkeypatch.setattr("skipgramophone.cli.render.UNLIMITED", 80)
    _show(report, Path("best.toml"))
    heading, rule, row = capsys.readouterr().out.splitlines()[1:4]
    assert heading.split() == ["trial", "NDCG@500", "window", "dim", "epochs", "neg.", "noise", "rate", "subsample"]
    assert row.split() == ["11", "complete", "0.4567", "bag", "128", "30", "12", "-0.25", "0.346", "0.001"]
    assert len(rule) <= 80
