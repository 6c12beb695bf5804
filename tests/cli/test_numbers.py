"""Extreme numbers: an answer or a one-line error, and a warning if training has diverged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from skipgramophone.cli.train import reason
from skipgramophone.evaluation.recency_choice import RecencyChoice
from skipgramophone.evaluation.scorecard import Estimate
from skipgramophone.evaluation.window_choice import ContextChoice
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.pipeline.reports import TrainReport
from skipgramophone.pipeline.train import too_few_playlists
from skipgramophone.settings import TrainSettings, WindowSize
from skipgramophone.wording import size
from tests.conftest import Sgp, dump_text, run_sgp

MOST = str(2**31 - 1)


def report(first: float, last: float, few: int | None = None) -> TrainReport:
    """Return the report of a run with five negatives, whose loss begins at 6 log 2 = 4.159."""
    return TrainReport(
        experiment="x", settings={"negatives": 5}, tracks=9, tracks_learnt=9, tracks_taken_over=0, occurrences=99,
        epochs=3, first_loss=first, last_loss=last, learning_rate=0.6, seconds=1.0, tracks_per_second=99,
        index=None, order=None, recency=RecencyChoice(1.0, 0),
        few_playlists=few,
    )  # fmt: skip


@pytest.mark.parametrize(("first", "last"), [(4.1, 2.0), (4.15, 4.15), (4.16, 4.27), (2.0, 2.1), (8.0, 4.1)])
def test_a_loss_that_ends_low_gives_no_warning(first: float, last: float) -> None:
    assert report(first, last).doubts() == []


@pytest.mark.parametrize(
    ("first", "last", "above"),
    [
        (4.4, 60.0, "60.000, higher than in the first epoch (4.400)"),
        (2.0, 2.5, "2.500, higher than in the first epoch (2.000)"),
        (60.0, 9.0, "9.000, higher than for random vectors (4.159)"),
        (5.0, 5.0, "5.000, higher than for random vectors (4.159)"),
    ],
)
def test_a_loss_that_ends_above_where_it_began_names_the_setting_to_change(
    first: float, last: float, above: str
) -> None:
    (doubt,) = report(first, last).doubts()
    assert doubt.startswith(f"warning: the loss ended at {above}, so ")
    assert doubt.endswith("Train again with a learning rate below 0.6, such as -lr 0.15")


def test_too_few_playlists_are_a_warning() -> None:
    (doubt,) = report(4.1, 2.0, few=1).doubts()
    assert doubt == (
        "warning: only 1 distinct playlist with two or more tracks: too few to learn which tracks belong together; "
        "add playlists with sgp extract x SOURCE --append"
    )
    assert len(report(4.4, 60.0, few=0).doubts()) == 2


def corpus_of(*playlists: list[int]) -> Corpus:
    offsets = np.cumsum([0, *map(len, playlists)], dtype=np.int64)
    return Corpus(np.array([track for playlist in playlists for track in playlist], np.int32), offsets)


@pytest.mark.parametrize(
    ("playlists", "window_size", "few"),
    [
        ([[0, 1, 2]], "bag", 1),
        ([[0, 1], [1, 0, 0], [2], [2, 2]], "bag", 1),  # the same tracks in another order; single tracks
        ([[3]], "bag", 0),
        ([[at, at + 1] for at in range(9)], "bag", 9),
        ([[at, at + 1] for at in range(10)], "bag", None),
        ([[0, 1] * 499], 2, 1),
        ([[0, 1] * 500], 2, None),  # one long playlist is enough for a window
        ([[0, 1] * 500], "bag", 1),
    ],
)
def test_playlists_with_the_same_tracks_count_once(
    playlists: list[list[int]], window_size: WindowSize, few: int | None
) -> None:
    assert too_few_playlists(corpus_of(*playlists), TrainSettings(window_size=window_size)) == few


def test_a_learning_rate_that_diverges_is_reported(sgp: Sgp, experiments: Path) -> None:
    (experiments.parent / "dump.csv").write_text(dump_text([("o", f"a{at}", f"t{at}", "p") for at in range(80)]))
    assert sgp("extract", "x", experiments.parent / "dump.csv", "-q").code == 0
    ran = sgp("train", "x", "-lr", "100", "-e", "2", "-emb", "8", "--no-index", "--json")
    assert ran.code == 0
    found, (rate, loss, few) = json.loads(ran.out), ran.err.splitlines()
    assert rate.startswith("warning: training will probably diverge with a learning rate of 100;")
    assert loss.startswith(f"warning: the loss ended at {found['last_loss']:.3f}, higher than ")
    assert few.startswith("warning: only 1 distinct playlist with two or more tracks: too few to learn ")
    assert found["few_playlists"] == 1


def test_the_largest_numbers_are_answered(trained: Path, tmp_path: Path) -> None:
    where = ["--experiments-dir", str(trained)]
    every = run_sgp("similar", "genres", "folk 3", "-n", "500", "--format", "csv", *where).out
    assert run_sgp("similar", "genres", "folk 3", "-n", MOST, "--format", "csv", *where).out == every
    for arguments in (
        ["continue", "genres", "folk 3", "-n", MOST, "--max-per-artist", MOST],
        ["explain", "genres", "folk 3", "folk 10", "-n", MOST],
        ["similar", "genres", "folk 3", "-n", MOST, "--by", "hybrid", "--diversity", "0.5"],
        ["export", "genres", str(tmp_path / "all.parquet"), "--top", MOST, "--neighbours", "10000"],
    ):
        assert run_sgp(*arguments, *where).code == 0
    dump = str(trained / "dump.csv")
    settings = ["--max-length", MOST, "-nr", str(10**12)]
    assert run_sgp("extract", "x", dump, *settings, "-q", "--experiments-dir", tmp_path).code == 0


@pytest.mark.parametrize("text", ["[train]\nepochs = " + "9" * 5000, "a = " + "[" * 100_000])
def test_a_settings_file_with_an_endless_number_or_list(trained: Path, tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    ran = run_sgp("train", "genres", "--force", "--config", path, "--experiments-dir", trained)
    assert ran.code == 2
    assert ran.err.startswith(f"error: {path} is not a valid settings file: ")
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("span", ["1e400", "9e99h", "nan", "1e18"])
def test_spans_of_time_that_are_not_finite_or_huge(trained: Path, tmp_path: Path, span: str) -> None:
    (tmp_path / "history.tsv").write_text("user_000001\t2009-05-04T23:08:57Z\ta\tArtist\tb\tTitle\n" * 3)
    ran = run_sgp("extract", "x", tmp_path / "history.tsv", "--session-gap", span, "--experiments-dir", tmp_path / "e")
    assert ran.code in (0, 1, 2)
    assert ran.code == 0 or len(ran.err.splitlines()) == 1
    ran = run_sgp("tune", "missing", "--budget", span, "--experiments-dir", tmp_path)
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0.0 kB"), (36_941, "36.9 kB"), (100_000, "0.1 MB"), (9_060_000, "9.1 MB"), (2_340_000_000, "2.3 GB")],
)
def test_a_small_size_is_not_shown_as_zero(number: int, shown: str) -> None:
    assert size(number) == shown


def test_a_gain_that_rounds_to_zero_has_no_minus() -> None:
    choice = ContextChoice("bag", 400, Estimate(0.05, 0.04, 0.06), Estimate(-0.004, -0.02, 0.01))
    assert reason(choice) == "a window scores +0% compared with the whole playlist; more than +3% would be needed"
