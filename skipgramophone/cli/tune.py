"""`sgp tune`: search for better training settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from skipgramophone.cli import options, render
from skipgramophone.cli.options import only, with_settings
from skipgramophone.cli.table_layout import SHORT_HEADINGS
from skipgramophone.evaluation.metric_names import metric_heading
from skipgramophone.evaluation.search_time import USEFUL_TRIALS
from skipgramophone.experiment.experiment_names import free_name
from skipgramophone.settings import LEAST_ASKED, RunSettings, TuneSettings
from skipgramophone.settings.time_span import longer_span, span_text
from skipgramophone.wording import duration, plural, shell_command

if TYPE_CHECKING:
    from skipgramophone.evaluation.tuning import TrialReport, TuneReport

SHOWN_TRIALS = 8
LONGEST_BEGINNING = 40  # maximum number of characters of an experiment's name in the proposed name of its copy
WIDTHS = {"dim": 4, "lr": 7}  # widths of columns whose values are wider than their headings; a row fits 80 characters


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
    best trial are then compared with the present settings on unseen test playlists.

    Trials are stored. The same command continues the search, with a new time limit. --trials includes the stored
    trials: if 8 trials are stored, --trials 10 runs two more.

    \b
    sgp tune demo --budget 15m
    sgp experiments copy demo demo-tuned
    sgp train demo-tuned --config experiments/demo/tuning/best.toml --force
    """
    from skipgramophone.pipeline.tune import tune as search

    trials = TrialTable(settings.trials, quiet)
    try:
        report = search(
            experiment, settings, run=run, experiments_dir=experiments_dir, found=trials.begin, tell=trials.add
        )
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(trials.interrupted()) from interrupt
    if json:
        render.print_json(asdict(report))
    elif not quiet:
        from skipgramophone.experiment.experiments_root import directory_options, experiments_root

        root = experiments_root(experiments_dir)
        new = free_name(f"{experiment[:LONGEST_BEGINNING]}-tuned", [path.name for path in root.iterdir()])
        show(report, root / experiment / "tuning" / "best.toml", new, directory_options(experiments_dir))


class TrialTable:
    """Prints the trials of a search as rows of a table while the search runs."""

    def __init__(self, most: int, quiet: bool) -> None:
        """Make an empty table; `most` is the maximum number of trials, and nothing is printed if `quiet`."""
        self._most, self._quiet = most, quiet
        self._stored = 0  # number of finished trials, including those of earlier runs
        self._has_heading = False

    def begin(self, earlier: int) -> None:
        """Print how many trials of the same search are stored, unless there are none."""
        self._stored = earlier
        if earlier:
            full = f"; for new ones, give --trials above {earlier}" if earlier >= self._most else ""
            render.note(f"continues a search with {plural(earlier, 'trial')}{full}", self._quiet)

    def add(self, trial: TrialReport) -> None:
        """Print a trial, below the heading if it is the first one."""
        self._stored += 1
        shown = _shown_settings(trial)
        names = [SHORT_HEADINGS.get(name, name) for name in shown]
        cells = [_value(name, value) for name, value in shown.items()]
        rows = [[f"{trial.number:5}", f"{trial.state:8}", f"{trial.value:8.4f}", *cells]]
        if not self._has_heading:
            rows.insert(0, ["trial", f"{'state':8}", "NDCG@500", *names])
        for first, state, value, *others in rows:
            widths = [WIDTHS.get(name, len(name)) for name in names]
            aligned = [f"{cell:>{width}}" for cell, width in zip(others, widths, strict=True)]
            render.note("  ".join([first, state, value, *aligned]), self._quiet)
        self._has_heading = True

    def interrupted(self) -> str:
        """Return the message about an interrupted search: how many trials are stored, and how to continue it.

        >>> TrialTable(9, quiet=True).interrupted()
        'interrupted before a trial was finished: to start again, use the same command'
        """
        if not self._stored:
            return "interrupted before a trial was finished: to start again, use the same command"
        are = "is" if self._stored == 1 else "are"
        return f"interrupted: {plural(self._stored, 'trial')} {are} stored; continue with the same command"


def _shown_settings(trial: TrialReport) -> dict[str, object]:
    """Return the settings that tables show: the learning rate itself, not its ratio to the default learning rate."""
    return {
        ("learning_rate" if name == "rate" else name): (trial.learning_rate if name == "rate" else value)
        for name, value in trial.settings.items()
    }


def _value(name: str, value: object) -> str:
    """Format the value of a setting. The noise exponent is shown with a sign, because it may be negative."""
    return f"{value:+.2f}" if name == "noise_exponent" and isinstance(value, float) else render.short(value, 3)


def _conclusion(report: TuneReport) -> list[str]:
    """Return the lines below the trials: why the search stopped early, and that no trial was better."""
    lines = []
    budget, used = span_text(report.settings["budget"]), report.time
    is_short = used.stopped_by == "budget"
    if is_short:
        lines.append(
            f"the search stopped because of --budget {budget}: the slowest trial took {duration(used.trial)}, and "
            f"{duration(used.reserved)} are reserved for the final comparison"
        )
    if len(report.trials) == 1:
        longer = longer_span(used.advised_budget)
        limit = (
            f"give --budget {longer} for about {USEFUL_TRIALS} trials"
            if is_short
            else f"give --trials above {len(report.trials)}"
        )
        lines.append(f"only the present settings were tried: {limit}")
    elif not report.is_new:
        lines.append(
            "no trial was significantly better than the present settings on validation playlists: keep these settings"
        )
    return lines


def show(report: TuneReport, best: Path, new: str, directory: Sequence[str] = ()) -> None:
    """Print the best trials, how much better the best settings are on test playlists, and how to train with them.

    Args:
        report: the result of the search.
        best: file with the best settings.
        new: unused name for a copy of the experiment.
        directory: words of the option --experiments-dir for the printed commands; empty for the default directory.
    """
    names = list(_shown_settings(report.trials[0]))
    columns = [("trial", "number"), ("state", "name"), ("NDCG@500", "number"), *((name, "number") for name in names)]
    rows = [
        [str(t.number), t.state, f"{t.value:.4f}", *(_value(name, value) for name, value in _shown_settings(t).items())]
        for t in report.trials[:SHOWN_TRIALS]
    ]
    render.listing(f"best of {plural(len(report.trials), 'trial')}, on validation playlists", columns, rows)
    for line in _conclusion(report):
        render.text(line)
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
