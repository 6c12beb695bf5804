"""`sgp tune`: search for better training settings."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from skipgramophone.cli import options, render
from skipgramophone.cli.options import only, with_settings
from skipgramophone.settings import RunSettings, TuneSettings
from skipgramophone.wording import plural

if TYPE_CHECKING:
    from skipgramophone.evaluation.tuning import TrialReport, TuneReport

SHOWN_TRIALS = 8


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

    Each trial trains with other settings. Trials are compared on validation playlists. The settings of the best trial
    are then compared with the present settings on unseen test playlists. An interrupted search continues where it
    stopped.

    \b
    sgp tune demo --budget 15m
    sgp train demo --config experiments/demo/tuning/best.toml --force
    """
    from skipgramophone.pipeline.tune import tune as search

    report = search(
        experiment,
        settings,
        run=run,
        experiments_dir=experiments_dir,
        tell=lambda trial: render.note(_line(trial), quiet),
    )
    if json:
        render.print_json(asdict(report))
    elif not quiet:
        from skipgramophone.experiment.experiment import experiments_root

        _show(report, experiments_root(experiments_dir) / experiment / "tuning" / "best.toml")


def _line(trial: TrialReport) -> str:
    """Describe a trial in one line."""
    settings = "  ".join(f"{name} {_value(name, value)}" for name, value in trial.settings.items())
    return f"trial {trial.number:3}  {trial.state:8}  NDCG {trial.value:.4f}  {settings}"


def _value(name: str, value: object) -> str:
    """Format the value of a setting. The noise exponent is shown with a sign, because it may be negative."""
    return f"{value:+.2f}" if name == "noise_exponent" and isinstance(value, float) else render.short(value, 3)


def _show(report: TuneReport, best: Path) -> None:
    """Print the best trials, and the gain of the winning settings on test playlists."""
    names = list(report.trials[0].settings)
    columns = [("trial", "number"), ("", "name"), ("NDCG@500", "number"), *((name, "number") for name in names)]
    rows = [
        [str(t.number), t.state, f"{t.value:.4f}", *(_value(name, t.settings.get(name)) for name in names)]
        for t in report.trials[:SHOWN_TRIALS]
    ]
    render.listing(f"best of {plural(len(report.trials), 'trial')}, on validation playlists", columns, rows)
    if not report.is_new:
        render.text(
            "no trial was significantly better than the present settings on validation playlists: keep these settings"
        )
    for metric, gain in report.gain.items():
        render.text(
            f"{metric}: {gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}] against the present settings, on "
            f"{plural(report.test_playlists, 'unseen test playlist')}"
        )
    if report.is_new:
        render.text(f"to train with the new settings: sgp train {report.experiment} --config {best} --force")
