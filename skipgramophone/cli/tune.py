"""`sgp tune`: settings that serve a corpus better than its own."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skipgramophone.cli import options, render
from skipgramophone.settings import PROTOCOLS, RunSettings, TuneSettings, seconds_of

if TYPE_CHECKING:
    from skipgramophone.evaluation.tuning import TrialReport, TuneReport

SHOWN = 8  # trials


def tune(
    experiment: options.Experiment,
    budget: Annotated[
        str, typer.Option("--budget", metavar="TIME", help="Time to spend, as 90s, 15m or 2h.")
    ] = f"{options.TUNE.budget / 60:.0f}m",
    trials: Annotated[int, typer.Option("--trials", metavar="N", help="Trials at most.")] = options.TUNE.trials,
    protocol: Annotated[
        str, typer.Option("--protocol", metavar="NAME", help=f"What is asked: {', '.join(PROTOCOLS[:3])}.")
    ] = options.TUNE.protocol,
    share: Annotated[
        float, typer.Option("--share", metavar="X", help="Share of the playlists to hold out, twice.")
    ] = options.TUNE.share,
    group: options.Group = options.TUNE.group,
    random_seed: options.RandomSeed = options.TUNE.random_seed,
    threads: options.Threads = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Search for training settings that serve EXPERIMENT better than its own.

    Trials are judged on validation playlists; the winner is compared with the present settings on playlists that
    nothing has seen. A search that was stopped goes on where it stood.

    \b
    sgp tune demo --budget 15m
    sgp train demo --config experiments/demo/tuning/best.toml --force
    """
    from skipgramophone.pipeline import pipeline

    settings = TuneSettings(
        budget=seconds_of(budget),
        trials=trials,
        protocol=protocol,  # type: ignore[arg-type]
        share=share,
        group=group,
        random_seed=random_seed,
    )
    report = pipeline.tune(
        experiment,
        settings,
        run=RunSettings(threads=threads),
        experiments_dir=experiments_dir,
        tell=lambda trial: render.note(_line(trial), quiet),
    )
    if json:
        render.print_json(asdict(report))
    elif not quiet:
        from skipgramophone.experiment.experiment import experiments_root

        _show(report, experiments_root(experiments_dir) / experiment / "tuning" / "best.toml")


def _line(trial: TrialReport) -> str:
    """A trial in a line."""
    settings = "  ".join(f"{name} {render.short(value, 3)}" for name, value in trial.settings.items())
    return f"trial {trial.number:3}  {trial.state:8}  NDCG {trial.value:.4f}  {settings}"


def _show(report: TuneReport, best: Path) -> None:
    """Print the best trials, and what the winner is worth."""
    names = list(report.trials[0].settings)
    columns = [("trial", "number"), ("", "text"), ("NDCG@500", "number"), *((name, "number") for name in names)]
    rows = [
        [str(t.number), t.state, f"{t.value:.4f}", *(render.short(t.settings.get(name), 3) for name in names)]
        for t in report.trials[:SHOWN]
    ]
    render.listing(f"the best of {len(report.trials)} trials, on validation playlists", columns, rows)
    if not report.is_new:
        render.text("nothing was surely better than the present settings on validation playlists: they stay")
    for metric, gain in report.gain.items():
        render.text(
            f"{metric}: {gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}] against the present settings, on "
            f"{report.test_playlists:,} playlists that nothing had seen"
        )
    if report.is_new:
        render.text(f"take them with: sgp train {report.experiment} --config {best} --force")
