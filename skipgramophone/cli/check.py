"""`sgp check`: verify the files of experiments."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from skipgramophone.cli import completion, options, progress, render
from skipgramophone.wording import plural, size

DAMAGED, UNCHECKED = 5, 6  # exit codes


def check(
    experiment: Annotated[
        str | None,
        typer.Argument(
            metavar="EXPERIMENT",
            help="Name of the experiment to check (default: all experiments).",
            show_default=False,
            autocompletion=completion.experiments,
        ),
    ] = None,
    clean: Annotated[bool, typer.Option("--clean", help="Remove files left behind by killed runs.")] = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Verify experiments: find damaged, stale and leftover files.

    Compares every file with its checksum, and checks the content of vectors and index. Also verifies that the model
    was trained on the current corpus, and that the index was built from the current model. The exit code is 5 if
    anything is damaged, and 6 if something could not be read, such as a file without read permission.

    \b
    sgp check
    sgp check demo --clean
    """
    from skipgramophone.pipeline.check import check as verify

    with progress.bar("check", quiet) as tell:
        result = verify(experiment, clean=clean, experiments_dir=experiments_dir, progress=tell)
    if json:
        render.print_json(asdict(result))
    else:
        for finding in result.findings:
            render.text(f"{finding.state}  {finding.place}: {finding.what}")
        if not quiet:
            number = len(result.experiments)
            verdict = "no damage found" if not result.is_damaged else "damage found, see above"
            verdict += "; not everything could be checked, see above" if result.is_incomplete else ""
            render.text(f"checked {plural(number, 'experiment')}, {size(result.bytes)}: {verdict}")
    if result.is_damaged:
        raise typer.Exit(DAMAGED)
    if result.is_incomplete:
        raise typer.Exit(UNCHECKED)
