"""`sgp export`: the vectors go where they are used."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from skipgramophone.cli import options, render
from skipgramophone.settings import ExportSettings


def export(
    experiment: options.Experiment,
    destination: Annotated[
        Path,
        typer.Argument(
            metavar="DESTINATION",
            help="File to write; its suffix is the format.",
            show_default=False,
        ),
    ],
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="npz, parquet, safetensors, csv, tsv, jsonl, word2vec (.vec) or word2vec-binary (.bin).",
        ),
    ] = None,
    min_count: Annotated[
        int, typer.Option("--min-count", metavar="N", help="Leave out tracks that occur less.")
    ] = options.EXPORT.min_count,
    top: Annotated[
        int | None, typer.Option("--top", metavar="N", help="Only so many tracks, the most frequent.")
    ] = options.EXPORT.top,
    normalise: Annotated[
        bool, typer.Option("--normalise", help="Scale vectors to length 1.")
    ] = options.EXPORT.normalise,
    neighbours: Annotated[
        int, typer.Option("--neighbours", metavar="N", help="With parquet: the N nearest of each track too.")
    ] = options.EXPORT.neighbours,
    safe_cells: Annotated[
        bool, typer.Option("--safe-cells", help="For spreadsheets: an apostrophe before what would be a formula.")
    ] = options.EXPORT.safe_cells,
    force: options.Force = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Write the vectors of EXPERIMENT for other tools.

    npz, parquet and safetensors hold centre and context vectors, the others the centre vectors. word2vec files get one
    beside them with the true names. Each is read back and compared before it is put in its place.

    \b
    sgp export demo demo.npz
    sgp export demo vectors.csv --force
    sgp export demo top.vec --top 50000 --normalise
    sgp export demo demo.parquet --neighbours 50
    """
    from skipgramophone import pipeline

    settings = ExportSettings(
        min_count=min_count, top=top, normalise=normalise, neighbours=neighbours, safe_cells=safe_cells
    )
    report = pipeline.export(experiment, destination, format, settings, force=force, experiments_dir=experiments_dir)
    if json:
        render.print_json(asdict(report))
        return
    left = f"; {report.left_out:,} tracks have none" if report.left_out else ""
    left += f"; {report.not_asked:,} were not asked for" if report.not_asked else ""
    if not quiet:
        rows = [
            ("file", report.destination),
            ("format", report.format),
            ("vectors", f"{report.tracks:,} tracks × {report.dim}{left}"),
            ("size", f"{report.bytes / 1e6:.1f} MB, read back and compared"),
        ]
        render.facts(f"export of {report.experiment}", rows)
