"""`sgp check`: whether experiments are what they were published as."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from skipgramophone.cli import completion, options, progress, render

DAMAGED = 5  # exit code


def check(
    experiment: Annotated[
        str | None,
        typer.Argument(
            metavar="[EXPERIMENT]",
            help="Name of the experiment; all of them without one.",
            show_default=False,
            autocompletion=completion.experiments,
        ),
    ] = None,
    clean: Annotated[bool, typer.Option("--clean", help="Remove what killed runs left.")] = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Read experiments through and say what is damaged, stale, or left over from runs that were killed.

    Files are compared with the checksums that they were published with, stages with each other, vectors and index with
    what they must be. Exit code 5 if anything is damaged.

    \b
    sgp check
    sgp check demo --clean
    """
    from skipgramophone.pipeline.check import check as checked

    with progress.bar("check", quiet) as tell:
        result = checked(experiment, clean=clean, experiments_dir=experiments_dir, progress=tell)
    if json:
        render.print_json(asdict(result))
    else:
        for finding in result.findings:
            render.text(f"{finding.state}  {finding.place}: {finding.what}")
        if not quiet:
            number = len(result.experiments)
            said = "nothing is damaged" if not result.is_damaged else "see above"
            render.text(f"checked {number:,} experiment{'s' * (number != 1)}, {result.bytes / 1e6:,.1f} MB: {said}")
    if result.is_damaged:
        raise typer.Exit(DAMAGED)
