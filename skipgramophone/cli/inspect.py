"""`sgp inspect`: what playlists are like, what is wrong with them, and what helps."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, cast

import typer

from skipgramophone.cli import completion, options, render
from skipgramophone.cli.extract import (
    BadBytesOption,
    Columns,
    Encoding,
    GroupByOption,
    Keep,
    MaxRejects,
    MergeUris,
    SessionGap,
)
from skipgramophone.cli.findings import show_findings
from skipgramophone.settings import BadBytes, ExtractSettings, Format, GroupBy

if TYPE_CHECKING:
    from skipgramophone.evaluation.scorecard import Estimate
    from skipgramophone.evaluation.window_choice import Order
    from skipgramophone.inspection.distribution import Distribution
    from skipgramophone.inspection.report import Inspection


def inspect(
    context: typer.Context,
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="EXPERIMENT|SOURCE",
            help="Name of an experiment; or files, directories and archives to read; -: standard input.",
            show_default=False,
            autocompletion=completion.experiments,
        ),
    ] = None,
    sample: options.Sample = False,
    num_rows: options.NumRows = options.EXTRACT.num_rows,
    format: options.Format = options.EXTRACT.format,
    columns: Columns = options.EXTRACT.columns,
    session_gap: SessionGap = options.EXTRACT.session_gap,
    encoding: Encoding = options.EXTRACT.encoding,
    bad_bytes: BadBytesOption = options.EXTRACT.bad_bytes,
    keep: Keep = None,
    max_rejects: MaxRejects = options.EXTRACT.max_rejects,
    group_by: GroupByOption = options.EXTRACT.group_by,
    merge_uris: MergeUris = options.EXTRACT.merge_uris,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Look at the playlists of an experiment, or of sources before they are extracted.

    Says how long playlists are and how often tracks occur, what is wrong with them, what that does to training and
    which option helps, and what -wsz auto chooses. Nothing is written. Options on reading are those of extract.

    \b
    sgp inspect demo
    sgp inspect spotify_dataset.csv
    sgp inspect plays.csv --columns artist=Artist,title=Song,playlist=Show --json
    """
    from skipgramophone.cli.progress import reading
    from skipgramophone.pipeline import pipeline

    given = ExtractSettings(
        num_rows=num_rows,
        format=cast(Format | None, format),
        columns=columns,
        session_gap=session_gap,
        encoding=encoding,
        bad_bytes=cast(BadBytes, bad_bytes),
        keep=keep or None,
        max_rejects=max_rejects,
        group_by=cast(GroupBy, group_by),
        merge_uris=merge_uris,
    )
    settings = given if options.said(context, given) else None
    with reading(quiet, "inspect") as progress:
        found = pipeline.inspect(
            what or [], settings, sample=sample, experiments_dir=experiments_dir, progress=progress
        )
    if json:
        render.print_json(asdict(found))
    else:
        _show(found)


def _show(found: Inspection) -> None:
    """Print an inspection for people."""
    render.facts(f"inspection of {', '.join(found.inspected)}", _facts(found))
    _show_histogram("length", "playlists", found.lengths)
    _show_histogram("count", "tracks", found.counts)
    show_findings(found.findings)
    render.text("")
    render.facts("-wsz auto", _context(found.order))


def _facts(found: Inspection) -> list[tuple[str, str]]:
    """What there is, a line a fact."""
    lengths = found.lengths
    owners = f" of {found.owners:,} owners" if found.owners > 1 else ""
    frequent = "; ".join(f"{track.name} ({track.count:,})" for track in found.most_frequent)
    return [
        ("playlists", f"{found.playlists:,}{owners}, {lengths.least:,} to {lengths.most:,} tracks long"),
        ("", f"{lengths.mean:,.1f} on average, half of them {lengths.median:,.0f} or more"),
        ("tracks", f"{found.tracks:,}, {found.once:,} of them ({found.once / found.tracks:.0%}) seen once"),
        ("occurrences", f"{found.occurrences:,}"),
        ("head", f"the most frequent 1% of the tracks hold {found.head_share:.0%}, {found.half:,} tracks hold half"),
        ("", frequent),
    ]


def _show_histogram(of: str, what: str, values: Distribution) -> None:
    """Print how lengths or counts are distributed: a line a step, with a bar for how many fall into it."""
    steps = values.steps
    names = [f"{s.least:,}" if s.least == s.most else f"{s.least:,} to {s.most:,}" for s in steps]
    rows = [(name, f"{s.number:,}", f"{s.share:.1%}") for name, s in zip(names, steps, strict=True)]
    render.text("")
    render.histogram([of, what, "of all occurrences"], rows, [step.number for step in steps])


def _context(order: Order) -> list[tuple[str, str]]:
    """The context that -wsz auto chooses, and the evidence."""
    from skipgramophone.cli.train import reason
    from skipgramophone.evaluation.window_choice import CLEARLY

    context = "the whole playlist" if order.window_size == "bag" else f"{order.window_size} tracks on each side"
    rows = [("context", f"{context}: {reason(order)}"), ("asked", f"{order.asked:,} playlists that were held out")]
    if order.over_shuffled:
        rows.append(("order", f"near finds {_between(order.over_shuffled)} against near in shuffled playlists"))
    if order.over_whole:
        rows.append(
            ("distance", f"near finds {_between(order.over_whole)} against the whole; a window needs {CLEARLY:+.0%}")
        )
    return rows


def _between(share: Estimate) -> str:
    """A share with its interval."""
    return f"{share.mean:+.1%} [{share.low:+.1%}, {share.high:+.1%}]"
