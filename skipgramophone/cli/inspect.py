"""`sgp inspect`: report statistics of playlists, and problems in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from skipgramophone.cli import completion, options, render
from skipgramophone.cli.findings import show_findings
from skipgramophone.cli.options import given_settings, only, with_settings
from skipgramophone.cli.source_rows import column_doubts, guessed_columns, named_ids, source_formats
from skipgramophone.settings import ExtractSettings
from skipgramophone.wording import plural, span

if TYPE_CHECKING:
    from skipgramophone.evaluation.scorecard import Estimate
    from skipgramophone.evaluation.window_choice import ContextChoice
    from skipgramophone.inspection.distribution import Distribution
    from skipgramophone.inspection.report import Inspection


@with_settings
def inspect(
    context: typer.Context,
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="EXPERIMENT|SOURCE",
            help="Name of an experiment, or files, directories or archives to read (- = standard input).",
            show_default=False,
            autocompletion=completion.experiments,
        ),
    ] = None,
    sample: options.Sample = False,
    *,
    given: Annotated[
        ExtractSettings,
        only(
            "num_rows",
            "format",
            "columns",
            "names",
            "names_columns",
            "session_gap",
            "since",
            "until",
            "min_rating",
            "encoding",
            "bad_bytes",
            "keep",
            "max_rejects",
            "group_by",
            "merge_uris",
        ),
    ],
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Report statistics and problems of playlists.

    Inspects the playlists of an experiment, or of sources before you extract them. Shows how long the playlists are,
    how often the tracks occur, and which context -wsz auto would choose. Lists problems, each with its effect on
    training and the option that helps. Writes nothing. Sources are read with the same options as in extract.

    \b
    sgp inspect demo
    sgp inspect spotify_dataset.csv
    sgp inspect plays.csv --columns artist=Artist,title=Song,playlist=Show --json
    """
    from skipgramophone.cli.progress import reading
    from skipgramophone.pipeline.inspect import inspect as inspect_playlists

    settings = given if given_settings(context, given) else None
    with reading(quiet, "inspect") as progress:
        found = inspect_playlists(
            what or [], settings, sample=sample, experiments_dir=experiments_dir, progress=progress
        )
    if json:
        render.print_json(asdict(found))
    else:
        _show(found)


def _show(found: Inspection) -> None:
    """Print the statistics and the findings of an inspection."""
    render.facts(f"inspection of {', '.join(found.inspected)}", _facts(found))
    _show_histogram("length", "playlists", found.lengths)
    _show_histogram("count", "tracks", found.counts)
    show_findings(found.findings)
    _show_command(found)
    render.text("")
    render.facts("-wsz auto", _context(found.order))


def _show_command(found: Inspection) -> None:
    """Print the command that applies the advice, and the numbers of the findings that this command does not cover."""
    if not found.findings:
        return
    number = {finding.kind: at for at, finding in enumerate(found.findings, 1)}
    command = found.command
    rows = []
    if command.line:
        rows = [("applies", _numbers(number[kind] for kind in command.applied))]
        if " --force" in command.line:
            rows.append(("", "--force replaces the model of the experiment"))
    if command.left:
        rows.append(("left to you", _numbers(number[kind] for kind in command.left)))
    if any("extract" in finding.apply for finding in found.findings if finding.kind in command.left):
        rows.append(("", "to see how extract can help, inspect the sources: sgp inspect SOURCE"))
    render.text("")
    render.facts("apply the advice", rows)
    if command.line:
        render.copyable(command.line)


def _numbers(numbers: Iterable[int]) -> str:
    """Return text such as "findings 1, 3".

    >>> _numbers([1]), _numbers([1, 3])
    ('finding 1', 'findings 1, 3')
    """
    shown = [str(number) for number in numbers]
    return f"{'finding' if len(shown) == 1 else 'findings'} {', '.join(shown)}"


def _facts(found: Inspection) -> list[tuple[str, str]]:
    """Return the rows of the summary as labels and values."""
    lengths = found.lengths
    owners = f" by {found.owners:,} owners" if found.owners > 1 else ""
    frequent = "; ".join(f"{track.name} ({track.count:,})" for track in found.most_frequent)
    return [
        *source_formats(found.sources),
        *guessed_columns(found.guessed_columns, found.sources),
        *column_doubts(found.doubts),
        *named_ids(found.names),
        ("playlists", f"{found.playlists:,}{owners}, with {_tracks(lengths.least, lengths.most)}"),
        ("", f"mean length {lengths.mean:,.1f}, median {lengths.median:,.0f}"),
        ("tracks", f"{found.tracks:,}; {found.once:,} ({found.once / found.tracks:.0%}) occur only once"),
        ("occurrences", f"{found.occurrences:,}"),
        (
            "head",
            f"the most frequent 1% of the tracks account for {found.head_share:.0%} of all occurrences, and the most "
            f"frequent {plural(found.half, 'track')} for half of them",
        ),
        ("most frequent", frequent),
    ]


def _tracks(least: int, most: int) -> str:
    """Return text such as "5 to 93 tracks".

    >>> _tracks(5, 93), _tracks(9, 9), _tracks(1, 1)
    ('5 to 93 tracks', '9 tracks', '1 track')
    """
    return f"{span(least, most)} {'track' if most == 1 else 'tracks'}"


def _show_histogram(of: str, what: str, values: Distribution) -> None:
    """Print a histogram of lengths or counts, with one line per range."""
    steps = values.steps
    names = [span(step.least, step.most) for step in steps]
    rows = [(name, f"{s.number:,}", f"{s.share:.1%}") for name, s in zip(names, steps, strict=True)]
    render.text("")
    render.histogram([of, what, "share of occurrences"], rows, [step.number for step in steps], of=what)


def _context(order: ContextChoice) -> list[tuple[str, str]]:
    """Return rows with the context that -wsz auto chooses, and with the test results behind the choice."""
    from skipgramophone.cli.train import reason
    from skipgramophone.evaluation.window_choice import MIN_GAIN

    context = (
        "whole playlist"
        if order.window_size == "bag"
        else f"window of {plural(int(order.window_size), 'track')} per side"
    )
    rows = [("context", f"{context} ({reason(order)})"), ("tested on", plural(order.asked, "held-out playlist"))]
    if order.over_shuffled:
        rows.append(
            (
                "window vs shuffled",
                f"{_interval(order.over_shuffled)}; above 0 means that track order carries information",
            )
        )
    if order.over_whole:
        rows.append(
            (
                "window vs whole",
                f"{_interval(order.over_whole)}; a window is chosen if this is more than {MIN_GAIN:+.0%}",
            )
        )
    return rows


def _interval(share: Estimate) -> str:
    """Format a share with its 95 % confidence interval."""
    return f"{share.mean:+.1%} [{share.low:+.1%}, {share.high:+.1%}]"
