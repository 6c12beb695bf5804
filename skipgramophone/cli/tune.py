"""`sgp tune`: search for better training settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from skipgramophone.cli import options, render
from skipgramophone.cli.options import only, with_settings
from skipgramophone.cli.table_layout import SHORT_HEADINGS
from skipgramophone.evaluation.metric_names import metric_heading
from skipgramophone.inspection.proposal import free_name
from skipgramophone.settings import LEAST_ASKED, RunSettings, TuneSettings
from skipgramophone.wording import plural, shell_command

if TYPE_CHECKING:
    from skipgramophone.evaluation.tuning import TrialReport, TuneReport

SHOWN_TRIALS = 8
LONGEST_BEGINNING = 40  # maximum number of characters of an experiment's name in the proposed name of its copy
NARROWEST = 5  # minimum width of a setting, so that a row of all settings fits 80 columns


@with_settings
def tune(
    experiment: options.Experiment,
    *,
    settings: TuneSettings,
    run: Annotated[RunSettings, only("threads")],
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Search for better training settings for EXPERIMENT.

    Each trial trains a model with other settings. Trials are compared on validation playlists. The settings of the
    best trial are then compared with the present settings on unseen test playlists. An interrupted search continues
    where it stopped.

    \b
    sgp tune demo --budget 15m
    sgp experiments copy demo demo-tuned
    sgp train demo-tuned --config experiments/demo/tuning/best.toml --force
    """
    from skipgramophone.pipeline.tune import tune as search

    report = search(
        experiment,
        settings,
        run=run,
        experiments_dir=experiments_dir,
        tell=partial(tell_trial, printed=[], quiet=quiet),
    )
    if json:
        render.print_json(asdict(report))
    elif not quiet:
        from skipgramophone.experiment.experiment import directory_options, experiments_root

        root = experiments_root(experiments_dir)
        new = free_name(f"{experiment[:LONGEST_BEGINNING]}-tuned", [path.name for path in root.iterdir()])
        show(report, root / experiment / "tuning" / "best.toml", new, directory_options(experiments_dir))


def tell_trial(trial: TrialReport, printed: list[int], quiet: bool) -> None:
    """Print a trial as a row of a table; `printed` contains the numbers of the trials that were printed before."""
    names = [SHORT_HEADINGS.get(name, name) for name in trial.settings]
    cells = [_value(name, value) for name, value in trial.settings.items()]
    rows = [[f"{trial.number:5}", f"{trial.state:8}", f"{trial.value:8.4f}", *cells]]
    if not printed:
        rows.insert(0, ["trial", f"{'state':8}", "NDCG@500", *names])
    for first, state, value, *others in rows:
        widths = [max(len(name), NARROWEST) for name in names]
        shown = [f"{cell:>{width}}" for cell, width in zip(others, widths, strict=True)]
        render.note("  ".join([first, state, value, *shown]), quiet)
    printed.append(trial.number)


def _value(name: str, value: object) -> str:
    """Format the value of a setting. The noise exponent is shown with a sign, because it may be negative."""
    return f"{value:+.2f}" if name == "noise_exponent" and isinstance(value, float) else render.short(value, 3)


def show(report: TuneReport, best: Path, new: str, directory: Sequence[str] = ()) -> None:
    """Print the best trials, how much better the best settings are on test playlists, and how to train with them.

    Args:
        report: the result of the search.
        best: file with the best settings.
        new: unused name for a copy of the experiment.
        directory: the option that names the experiments directory, as words of a command line; may be empty.
    """
    names = list(report.trials[0].settings)
    columns = [("trial", "number"), ("state", "name"), ("NDCG@500", "number"), *((name, "number") for name in names)]
    rows = [
        [str(t.number), t.state, f"{t.value:.4f}", *(_value(name, t.settings.get(name)) for name in names)]
        for t in report.trials[:SHOWN_TRIALS]
    ]
    render.listing(f"best of {plural(len(report.trials), 'trial')}, on validation playlists", columns, rows)
    if not report.is_new:
        render.text(
            "no trial was significantly better than the present settings on validation playlists: keep these settings"
        )
    if report.gain:
        render.text("")
        rows = [
            [metric_heading(metric), f"{gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]"]
            for metric, gain in report.gain.items()
        ]
        playlists = plural(report.test_playlists, "unseen test playlist")
        title = f"gain of the new settings over the present ones, on {playlists}"
        render.listing(title, [("metric", "name"), ("gain", "number")], rows)
        if report.test_playlists < LEAST_ASKED:
            render.text(f"too few test playlists ({report.test_playlists}) for a reliable comparison")
    if any(gain.mean < 0 for gain in report.gain.values()):
        render.text("the new settings were not better on the test playlists: keep the present settings")
    elif report.is_new:
        render.text(f"to train a copy with the new settings, and keep the model of {report.experiment}:")
        train = ["train", new, "--config", str(best), "--force"]
        for command in (["experiments", "copy", report.experiment, new], train):
            render.copyable(shell_command(*command, *directory))
