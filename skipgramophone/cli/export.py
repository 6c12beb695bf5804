"""`sgp export`: the vectors go where they are used."""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skipgramophone.cli import options, render
from skipgramophone.errors import SettingError, storage_errors
from skipgramophone.playlists.playlist_file import names_in
from skipgramophone.settings import DTYPES, MATRICES, PROJECTIONS, ExportSettings

if TYPE_CHECKING:
    from skipgramophone.pipeline.reports import ExportReport

STDOUT = Path("-")
SHOWN_UNKNOWN = 3


def export(
    experiment: options.Experiment,
    destination: Annotated[
        Path,
        typer.Argument(
            metavar="DESTINATION",
            help="File or directory to write; its suffix is the format. '-': stdout.",
            show_default=False,
        ),
    ],
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="npz, parquet, safetensors, csv, tsv, jsonl, word2vec (.vec), word2vec-binary (.bin), keras, onnx, "
            "faiss; directories: annoy, savedmodel, projector (for TensorBoard).",
        ),
    ] = None,
    min_count: Annotated[
        int, typer.Option("--min-count", metavar="N", help="Leave out tracks that occur less.")
    ] = options.EXPORT.min_count,
    top: Annotated[
        int | None, typer.Option("--top", metavar="N", help="Only so many tracks, the most frequent.")
    ] = options.EXPORT.top,
    artist: Annotated[
        list[str] | None, typer.Option("--artist", metavar="NAME", help="Only tracks of this artist; may be repeated.")
    ] = None,
    only: Annotated[
        Path | None,
        typer.Option("--only", metavar="FILE", help="Only the tracks that it lists by name or uri, one a line."),
    ] = None,
    matrix: Annotated[
        str | None,
        typer.Option("--matrix", metavar="NAME", help=f"{', '.join(MATRICES)} (else all that the format holds)."),
    ] = options.EXPORT.matrix,
    dtype: Annotated[
        str, typer.Option("--dtype", metavar="NAME", help=f"{', '.join(DTYPES)}: half or a quarter of the size.")
    ] = options.EXPORT.dtype,
    normalise: Annotated[
        bool, typer.Option("--normalise", help="Scale vectors to length 1.")
    ] = options.EXPORT.normalise,
    neighbours: Annotated[
        int, typer.Option("--neighbours", metavar="N", help="With parquet: the N nearest of each track too.")
    ] = options.EXPORT.neighbours,
    projection: Annotated[
        str | None,
        typer.Option(
            "--projection", metavar="NAME", help=f"With parquet: x and y as on a map; {', '.join(PROJECTIONS)}."
        ),
    ] = options.EXPORT.projection,
    safe_cells: Annotated[
        bool, typer.Option("--safe-cells", help="For spreadsheets: an apostrophe before what would be a formula.")
    ] = options.EXPORT.safe_cells,
    force: options.Force = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Write the vectors of EXPERIMENT for other tools.

    npz, parquet and safetensors hold centre and context vectors, the others the centre vectors. word2vec, keras,
    onnx and faiss files get one beside them with the true names, all of them a manifest. Each is read back and
    compared before it is put in its place.

    \b
    sgp export demo demo.npz
    sgp export demo vectors.csv --force
    sgp export demo top.vec --top 50000 --normalise
    sgp export demo demo.parquet --neighbours 50 --projection auto
    sgp export demo demo-projector --format projector
    sgp export demo - --format jsonl | head -1
    """
    from skipgramophone.pipeline import pipeline

    settings = ExportSettings(
        min_count=min_count,
        top=top,
        artist=artist,
        only=None if only is None else _names_in(only),
        projection=projection,  # type: ignore[arg-type]
        matrix=matrix,  # type: ignore[arg-type]  # checked by the settings
        dtype=dtype,  # type: ignore[arg-type]
        normalise=normalise,
        neighbours=neighbours,
        safe_cells=safe_cells,
    )
    if destination == STDOUT:
        _require_text(format, json)
        with tempfile.TemporaryDirectory() as scratch:
            place = Path(scratch, "vectors")
            report = pipeline.export(experiment, place, format, settings, experiments_dir=experiments_dir)
            _say_unknown(report, quiet)
            with place.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
        return
    report = pipeline.export(experiment, destination, format, settings, force=force, experiments_dir=experiments_dir)
    if json:
        render.print_json(asdict(report))
    elif not quiet:
        render.facts(f"export of {report.experiment}", _rows(report))
    _say_unknown(report, quiet)


def _say_unknown(report: ExportReport, quiet: bool) -> None:
    """Say what was asked for and is not there."""
    if report.unknown:
        named = ", ".join(map(repr, report.unknown[:SHOWN_UNKNOWN])) + (" …" if report.unknown[SHOWN_UNKNOWN:] else "")
        render.note(f"{len(report.unknown):,} of the names asked for are no track with a vector: {named}", quiet)


def _names_in(file: Path) -> list[str]:
    """The lines of a file that name a track."""
    with storage_errors(file, "read"):
        return names_in(file.read_text(encoding="utf-8", errors="replace"))


def _require_text(format: str | None, json: bool) -> None:
    """Refuse to write to stdout what is no text, or together with a report."""
    from skipgramophone.exporters import require_text

    require_text(format)
    if json:
        raise SettingError("json and the vectors cannot both go to stdout: give a file")


def _rows(report: ExportReport) -> list[tuple[str, str]]:
    """The report as a table."""
    left = f"; {report.left_out:,} tracks have none" if report.left_out else ""
    left += f"; {report.not_asked:,} were not asked for" if report.not_asked else ""
    rows = [
        ("file", report.destination),
        *([("beside", ", ".join(report.beside))] if report.beside else []),
        ("format", report.format),
        ("vectors", f"{report.tracks:,} tracks × {report.dim}{left}"),
    ]
    if report.no_room:
        half = report.tracks // 2
        rows.append(
            (
                "left out",
                f"{report.no_room:,} tracks: {report.format} shows {report.tracks:,}, so these are the {half:,} most "
                "frequent and, evenly by rank, others after them",
            )
        )
    if report.recall_at_10 is not None:
        rows.append((report.dtype, f"keeps {report.recall_at_10:.1%} of the ten nearest"))
    return [*rows, ("size", f"{report.bytes / 1e6:.1f} MB, read back and compared")]
