"""`sgp evaluate`: how good the vectors are, beside plain counts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skipgramophone.cli import options, render
from skipgramophone.settings import EVALUATED_SHARE, PROTOCOLS, SCORES, EvaluateSettings, RunSettings

if TYPE_CHECKING:
    from skipgramophone.evaluation.comparison import Judged, Judgement
    from skipgramophone.evaluation.scorecard import Estimate
    from skipgramophone.evaluation.stability import Stability
    from skipgramophone.pipeline.reports import EvaluateReport


NAMES = {"r_precision": "R-precision", "ndcg": "NDCG@500"}


def evaluate(
    experiment: options.Experiment,
    protocol: Annotated[
        str, typer.Option("--protocol", metavar="NAME", help=f"What is asked: {', '.join(PROTOCOLS)}.")
    ] = options.EVALUATE.protocol,
    score: Annotated[
        str | None,
        typer.Option(
            "--score", metavar="NAME", help=f"Judge this ranking alone: {', '.join(SCORES)}.", show_default=False
        ),
    ] = options.EVALUATE.score,
    seeds: Annotated[
        int | None,
        typer.Option("--seeds", metavar="N", help="Tracks that are given (else half, or all but the last)."),
    ] = options.EVALUATE.seeds,
    draws: Annotated[
        int, typer.Option("--draws", metavar="N", help="Ask each playlist N times, with other tracks given.")
    ] = options.EVALUATE.draws,
    share: Annotated[
        float | None,
        typer.Option(
            "--share",
            metavar="X",
            help=f"Share of the playlists to hold out (else those that extract set aside, or {EVALUATED_SHARE}).",
            show_default=False,
        ),
    ] = options.EVALUATE.share,
    group: options.Group = options.EVALUATE.group,
    held_out: Annotated[
        Path | None,
        typer.Option("--held-out", metavar="FILE", help="Names of the playlists to hold out, a line each."),
    ] = None,
    min_count: Annotated[
        int | None,
        typer.Option("--min-count", metavar="N", help="Tracks that were trained on less are not ranked."),
    ] = options.EVALUATE.min_count,
    k: Annotated[int, typer.Option("-k", metavar="N", help="Depth of recall@k and hit@k.")] = options.EVALUATE.k,
    random_seed: options.RandomSeed = options.EVALUATE.random_seed,
    stability: Annotated[
        bool,
        typer.Option("--stability", help="Ask nothing: train with another seed, and see how far neighbours agree."),
    ] = False,
    threads: options.Threads = None,
    json: options.Json = False,
    csv: options.Csv = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Judge EXPERIMENT's settings on playlists that are held out, beside counts that need no vectors.

    Part of each held-out playlist is given and the rest is to be found among all tracks. A model is trained on the
    other playlists with the settings of the experiment's own, and kept for the next time. Where extract has set
    playlists aside (--holdout), these are asked of the experiment's own model, which has never seen them.

    \b
    sgp evaluate demo
    sgp evaluate demo --protocol lookup --share 0.2
    sgp evaluate demo --stability
    """
    from skipgramophone.cli.progress import bar, training
    from skipgramophone.pipeline import pipeline

    settings = EvaluateSettings(
        protocol=protocol,  # type: ignore[arg-type]
        score=score,  # type: ignore[arg-type]
        seeds=seeds,
        draws=draws,
        share=share,
        group=group,
        min_count=min_count,
        k=k,
        random_seed=random_seed,
    )
    epochs, occurrences = pipeline.epochs_and_occurrences(experiment, experiments_dir)
    if stability:
        with training(quiet, epochs, occurrences) as trained:
            found = pipeline.measure_stability(
                experiment, k, run=RunSettings(threads=threads), experiments_dir=experiments_dir, training=trained
            )
        _show_stability(experiment, found, json, csv, quiet)
        return
    with training(quiet, epochs, occurrences) as trained, bar("evaluate", quiet) as judged:
        report = pipeline.evaluate(
            experiment,
            settings,
            held_out=held_out,
            run=RunSettings(threads=threads),
            experiments_dir=experiments_dir,
            training=trained,
            judging=lambda name, done, of: judged(done, of, name),
        )
    if json:
        render.print_json(asdict(report))
    elif csv:
        render.print_csv(_records(report))
    elif not quiet:
        _show(report)


def _show_stability(experiment: str, found: Stability, json: bool, csv: bool, quiet: bool) -> None:
    """Print how far two trainings agree."""
    strata = {"all": found.agreement, **found.by_frequency}
    if json:
        render.print_json(asdict(found))
    elif csv:
        render.print_csv([{"tracks": name, **asdict(share)} for name, share in strata.items()])
    elif not quiet:
        columns = [("tracks", "text"), ("agree", "number")]
        rows = [[name, f"{share.mean:.1%} [{share.low:.1%}, {share.high:.1%}]"] for name, share in strata.items()]
        title = (
            f"{found.neighbours} nearest tracks of {found.asked:,} of {experiment}, by two trainings with other seeds"
        )
        render.listing(title, columns, [*rows, ["by chance", f"{found.by_chance:.1%}"]])


def _show(report: EvaluateReport) -> None:
    """Print the report."""
    judgement, k = report.judgement, report.settings["k"]
    title = (
        f"{report.settings['protocol']} on {judgement.asked:,} of {judgement.held_out:,} held-out playlists of "
        f"{report.experiment}, {judgement.tracks_ranked:,} tracks ranked"
    )
    first, *others = _metrics(report)
    columns = [("", "text"), *((NAMES.get(name, name), "number") for name in (first, *others))]
    render.listing(title, columns, [_scores(row, first, others) for row in judgement.judged])
    beyond = [
        ("", "text"),
        *((name, "number") for name in ("coverage", "popularity", "artists", "head", "middle", "tail")),
    ]
    render.listing(f"beyond accuracy, among the first {k}", beyond, [_beyond(row) for row in judgement.judged])
    for line in _verdicts(judgement, first):
        render.text(line)
    if report.set_aside:
        render.text("held out since it was extracted: the model itself was judged, none was trained for it")
        if report.started_from not in (None, report.experiment):
            render.text(f"it began with the vectors of '{report.started_from}', which may have seen these playlists")
    if report.imported:
        render.text("the vectors were imported, and judged as they are: they may have seen the held-out playlists")


def _metrics(report: EvaluateReport) -> list[str]:
    """The metrics to show, that which decides first: where one track is to be found, precision says little."""
    k = report.settings["k"]
    if report.settings["protocol"] in ("next-item", "deezer2018"):
        return [f"hit@{k}", f"ndcg@{k}", "mrr", "clicks"]
    return ["r_precision", "ndcg", f"recall@{k}", f"hit@{k}", "mrr", "clicks"]


def _scores(row: Judged, first: str, others: list[str]) -> list[str]:
    """Scores of a ranker: the first metric with its interval, the other means."""
    means = [f"{row.metrics[name].mean:.{2 if name == 'clicks' else 3}f}" for name in others]
    return [row.ranker, _interval(row.metrics[first]), *means]


def _records(report: EvaluateReport) -> list[dict[str, object]]:
    """A record a ranker and metric, for a spreadsheet."""
    return [
        {"ranker": row.ranker, "metric": name, "mean": found.mean, "low": found.low, "high": found.high}
        for row in report.judgement.judged
        for name, found in row.metrics.items()
    ]


def _beyond(row: Judged) -> list[str]:
    """What a ranker shows besides hits."""
    found = row.found_by_frequency
    shares = (row.coverage, row.popularity, row.artists, found["head"], found["middle"], found["tail"])
    return [row.ranker, *(f"{share:.0%}" if share == share else "-" for share in shares)]


def _verdicts(judgement: Judgement, metric: str) -> list[str]:
    """Say plainly of each ranking of ours whether it beats the baselines, in one metric."""
    lines = []
    for row in judgement.judged:
        for baseline, differences in row.against.items():
            difference = differences[metric]
            word = "beats" if difference.low > 0 else "loses to" if difference.high < 0 else "is on a par with"
            lines.append(
                f"{row.ranker} {word} {baseline}: {_interval(difference, '+')} {NAMES.get(metric, metric)}, paired"
            )
    if judgement.unknown:
        lines.append(
            f"{judgement.unknown:,} wanted tracks were not trained on; the report has every metric with them too"
        )
    return lines


def _interval(estimate: Estimate, sign: str = "") -> str:
    """A mean with its 95 % interval."""
    return f"{estimate.mean:{sign}.3f} [{estimate.low:{sign}.3f}, {estimate.high:{sign}.3f}]"
