"""`sgp evaluate`: evaluate an experiment and baselines on held-out playlists."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skipgramophone.cli import options, render
from skipgramophone.cli.evaluation_notes import fits, interval, not_evaluated, significance, verdicts
from skipgramophone.cli.held_out_names import held_out_by_name
from skipgramophone.cli.options import only, with_settings
from skipgramophone.errors import SettingError
from skipgramophone.evaluation.metric_names import metric_heading, metric_text, shown_metrics
from skipgramophone.experiment.experiments_root import directory_options
from skipgramophone.settings import (
    EVALUATED_SHARE,
    EvaluateSettings,
    RunSettings,
    SimilarSettings,
    task,
)
from skipgramophone.wording import plural, shell_command, size

if TYPE_CHECKING:
    from skipgramophone.evaluation.comparison import RankerResult
    from skipgramophone.evaluation.snapshots import Snapshots
    from skipgramophone.evaluation.stability import Stability
    from skipgramophone.pipeline.reports import CompareReport, EvaluateReport


@with_settings
def evaluate(
    experiment: options.Experiment,
    *,
    settings: EvaluateSettings,
    held_out: Annotated[
        Path | None,
        typer.Option(
            "--held-out",
            metavar="FILE",
            help="File with the names of the playlists to hold out, one per line. To select the playlist of one owner, "
            "write a line with the owner, a tab and the name. With --group REGEX, each line names a group of "
            "playlists: it is the text that REGEX matches in the names of their owners.",
        ),
    ] = None,
    stability: Annotated[
        bool,
        typer.Option(
            "--stability",
            help="Measure only stability: train again with another seed, and count how many neighbours stay the same.",
        ),
    ] = False,
    compare: Annotated[
        str | None,
        typer.Option(
            "--compare",
            metavar="OTHER",
            help="Compare with OTHER, an experiment with the same corpus, on the same held-out playlists.",
        ),
    ] = None,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            help="Show the difference of every ranking from every baseline, not only those of the main rankings "
            "(cosine and hybrid) from the best baseline and from item-kNN.",
        ),
    ] = False,
    run: Annotated[RunSettings, only("threads")],
    json: options.Json = False,
    csv: options.Csv = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Evaluate EXPERIMENT and baselines on held-out playlists.

    A model is trained on the playlists that are not held out, with the settings of the experiment, and is kept for
    later evaluations. Each ranking is then given some tracks of a held-out playlist, and must find the others among
    all tracks. If extract --holdout has already held out playlists, no new model is trained: the model of the
    experiment, which was not trained on these playlists, is evaluated.

    \b
    sgp evaluate demo
    sgp evaluate demo --protocol lookup --share 0.2
    sgp evaluate demo --baselines all
    sgp evaluate demo --of artists --protocol lookup
    sgp evaluate demo --compare other
    sgp evaluate demo --stability
    """
    from skipgramophone.cli.progress import evaluating, training
    from skipgramophone.pipeline import evaluate as use_case
    from skipgramophone.pipeline.experiments import evaluation_bytes
    from skipgramophone.pipeline.train import epochs_and_occurrences

    epochs, occurrences = epochs_and_occurrences(experiment, experiments_dir)
    if compare is not None:
        if stability:
            raise SettingError("--compare and --stability cannot be combined: run one after the other")
        other_epochs, _ = epochs_and_occurrences(compare, experiments_dir)
        with (
            training(quiet, epochs, occurrences) as first,
            training(quiet, other_epochs, occurrences) as second,
            evaluating(quiet) as judged,
        ):
            compared = use_case.compare_experiments(
                experiment,
                compare,
                settings,
                held_out=held_out,
                run=run,
                experiments_dir=experiments_dir,
                training=(first, second),
                judging=judged,
            )
        if json:
            render.print_json(asdict(compared))
        elif csv:
            render.print_csv(_compared_records(compared))
        elif not quiet:
            _show_compared(compared)
        return
    if stability:
        with training(quiet, epochs, occurrences) as trained:
            found = use_case.measure_stability(
                experiment,
                settings.k,
                settings.score or SimilarSettings().by,
                run=run,
                experiments_dir=experiments_dir,
                training=trained,
            )
        if json:
            render.print_json(asdict(found))
        else:
            _show_stability(experiment, found, csv, quiet)
        return
    from skipgramophone.evaluation.baselines import fitting_steps

    with training(quiet, epochs, occurrences) as trained, evaluating(quiet, fitting_steps(settings)) as judged:
        report = use_case.evaluate(
            experiment,
            settings,
            held_out=held_out,
            run=run,
            experiments_dir=experiments_dir,
            training=trained,
            judging=judged,
        )
    if json:
        render.print_json(asdict(report))
    elif csv:
        render.print_csv(_records(report))
    elif not quiet:
        _show(
            report,
            verbose,
            kept=evaluation_bytes(experiment, experiments_dir),
            named=held_out is not None,
            root=experiments_dir,
        )


def _show_stability(experiment: str, found: Stability, csv: bool, quiet: bool) -> None:
    """Print the stability of neighbours, for all tracks and by frequency of the track."""
    strata = {"all": found.agreement, **found.by_frequency}
    if csv:
        render.print_csv([{"tracks": name, **asdict(share)} for name, share in strata.items()])
    elif not quiet:
        columns = [("tracks", "text"), ("unchanged", "number")]
        rows = [[name, f"{share.mean:.1%} [{share.low:.1%}, {share.high:.1%}]"] for name, share in strata.items()]
        title = (
            f"stability of {experiment}: top-{found.neighbours} neighbours ({found.ranking}) of "
            f"{plural(found.asked, 'track')} after training with another seed"
        )
        render.listing(title, columns, [*rows, ["by chance", f"{found.by_chance:.1%}"]])


def _show(report: EvaluateReport, verbose: bool, *, kept: int, named: bool, root: Path | None) -> None:
    """Print the report, and the size of the stored evaluations of the experiment (`kept`, in bytes).

    `named` is true if the user named the held-out playlists in a file. `root` is the experiments directory.
    """
    judgement, k = report.judgement, report.settings["k"]
    title = (
        f"{_task(report)} on {report.experiment}: {judgement.asked:,} of {judgement.held_out:,} held-out "
        f"playlists, {judgement.tracks_ranked:,} ranked {report.settings['of']}"
    )
    first, *others = _metrics(report)
    columns = [("", "name"), *((metric_heading(name), "number") for name in (first, *others))]
    render.listing(title, columns, [_scores(row, first, others) for row in judgement.judged])
    beyond = [
        ("", "name"),
        *((name, "number") for name in ("coverage", "popularity", "artists", "head", "middle", "tail")),
    ]
    render.listing(f"coverage and diversity of the top {k}", beyond, [_beyond(row) for row in judgement.judged])
    notes = (
        *held_out_by_name(report.held_out_names, report.settings["group"]),
        *not_evaluated(report.settings, judgement.passed_over),
        *fits(judgement),
        *verdicts(report, first, verbose),
    )
    for line in notes:
        render.text(line)
    if report.snapshots:
        _warn_of_snapshots(report, report.snapshots, named=named, root=root)
    free = f"to free this space: {shell_command('experiments', 'rm', report.experiment, '--evaluations')}"
    render.text(f"kept for later evaluations: {size(kept)} ({free})")
    if report.set_aside:
        render.text("sgp extract held out these playlists, so the model of the experiment itself was evaluated")
        if report.started_from not in (None, report.experiment):
            render.text(
                f"warning: the model was initialized from '{report.started_from}', which may have been trained on the "
                "held-out playlists, so these scores may be too good"
            )
    if report.imported:
        render.text(
            "warning: the vectors were imported and may have been trained on the held-out playlists, so these scores "
            "may be too good"
        )


def _warn_of_snapshots(report: EvaluateReport, found: Snapshots, *, named: bool, root: Path | None) -> None:
    """Warn that the held-out and the training playlists contain snapshots of the same playlists.

    Also print the command that holds out all snapshots of a playlist or none.

    Args:
        report: the evaluation.
        found: the snapshots.
        named: whether the user named the held-out playlists in a file.
        root: experiments directory.
    """
    warning = f"warning: these scores are too good: {found.share:.0%} of the held-out playlists resemble a"
    if not found.separable:
        render.text(
            f"{warning} training playlist. The playlists of an owner cannot be held out together. Either there are too "
            "few owners, or the playlists of an owner have too few tracks in common with the playlists of other owners "
            "to be evaluated. The scores show how well the rankings continue playlists that resemble training "
            "playlists. For other playlists, the scores may be much lower"
        )
        return
    command = ["extract", "NAME", "SOURCE", "--holdout", "0.1"] if report.set_aside else ["evaluate", report.experiment]
    # If no share is given, the evaluation uses the playlists that extract held out.
    if report.settings["share"] is not None or named:
        command += ["--share", f"{report.settings['share'] or EVALUATED_SHARE:g}"]
    render.text(
        f"{warning} training playlist of an owner with a similar name. Such playlists may be snapshots of one "
        "playlist, that is, copies of it from different dates. Hold them out together:"
    )
    render.copyable(shell_command(*command, "--group", found.group, *directory_options(root)))


def _task(report: EvaluateReport | CompareReport) -> str:
    """Return the name of the protocol, followed by "of artists" if artists were evaluated instead of tracks."""
    return task(report.settings["protocol"], report.settings["of"])


def _metrics(report: EvaluateReport | CompareReport) -> list[str]:
    """Return the metrics that the tables of this report show; the main metric comes first."""
    return shown_metrics(_task(report), report.settings["k"])


def _scores(row: RankerResult, first: str, others: list[str]) -> list[str]:
    """Return the table cells of a ranker: the main metric with its confidence interval, the others as means."""
    means = [metric_text(name, row.metrics[name].mean) for name in others]
    return [row.ranker, interval(row.metrics[first]), *means]


def _records(report: EvaluateReport) -> list[dict[str, object]]:
    """Return one record per ranker and metric, for CSV."""
    return [
        {"ranker": row.ranker, "metric": name, "mean": found.mean, "low": found.low, "high": found.high}
        for row in report.judgement.judged
        for name, found in row.metrics.items()
    ]


def _beyond(row: RankerResult) -> list[str]:
    """Return the table cells of a ranker: coverage, popularity, diversity, and recall of head, middle and tail."""
    found = row.found_by_frequency
    shares = (row.coverage, row.popularity, row.artists, found["head"], found["middle"], found["tail"])
    return [row.ranker, *("-" if share is None else f"{share:.0%}" for share in shares)]


def _show_compared(report: CompareReport) -> None:
    """Print the metrics of two experiments, their differences, and a verdict for each score."""
    (one, other), found, shown = report.experiments, report.comparison, _metrics(report)
    title = (
        f"{_task(report)} on {one} (A) and {other} (B): {found.asked:,} of {found.held_out:,} held-out "
        f"playlists, {found.tracks_ranked:,} {report.settings['of']} that both rank"
    )
    columns = [("score", "name"), ("metric", "name"), ("A", "number"), ("B", "number"), ("B - A", "number")]
    rows, lines = [], []
    for score, metrics in found.scores.items():
        for name in shown:
            at = metrics[name]
            means = (f"{at.first.mean:.3f}", f"{at.second.mean:.3f}")
            rows.append([score, metric_heading(name), *means, interval(at.difference, "+")])
        main = metrics[shown[0]].difference
        difference = f"({metric_heading(shown[0])} {interval(main, '+')}, paired)"
        lines.append(f"{other} by {score}: {significance(main)} {one} {difference}")
    render.listing(title, columns, rows)
    named = held_out_by_name(report.held_out_names, report.settings["group"])
    skipped = not_evaluated(report.settings, found.held_out - found.asked)
    for line in (*named, *skipped, *lines):
        render.text(line)
    for name in report.imported:
        render.text(
            f"warning: the vectors of {name} were imported and may have been trained on the held-out playlists, so its "
            "scores may be too good"
        )


def _compared_records(report: CompareReport) -> list[dict[str, object]]:
    """Return one record per score and metric, for CSV."""
    return [
        {
            "score": score,
            "metric": name,
            "mean_a": at.first.mean,
            "mean_b": at.second.mean,
            "difference": at.difference.mean,
            "low": at.difference.low,
            "high": at.difference.high,
        }
        for score, metrics in report.comparison.scores.items()
        for name, at in metrics.items()
    ]
